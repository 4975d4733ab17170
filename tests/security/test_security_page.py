"""docs/security.md: what it promises has a test, and what has none says why."""

from __future__ import annotations

import ast
import re
from collections import Counter

from settings import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+[^|]*) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
REASON = re.compile(r"(?:^|; )(?:Left|Operator|Not applicable): \S|^Operator: ")
# How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has.
REQUIREMENTS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13,
    14: 9, 15: 13, 16: 16, 17: 7,
}  # fmt: skip


def test_every_requirement_of_the_two_levels_is_there() -> None:
    """Who reads the page must not believe that what is missing is fine."""
    numbers = [number for row in ROWS for number in _numbers(row[0])]
    assert len(numbers) == len(set(numbers))
    assert Counter(int(number.split(".")[0]) for number in numbers) == REQUIREMENTS


def _numbers(cell: str) -> list[str]:
    """``10.6.1 to 10.6.2`` are two."""
    first, _, last = cell.strip().partition(" to ")
    section, _, begin = first.rpartition(".")
    end = int((last or first).rpartition(".")[2])
    return [f"{section}.{number}" for number in range(int(begin), end + 1)]


def test_a_requirement_has_a_test_or_a_reason() -> None:
    """An empty promise is worse than none."""
    empty = [
        number
        for number, _, proof in ROWS
        if not re.search(r"`tests/[\w/]+\.py::\w+`", proof) and not REASON.search(proof)
    ]

    assert empty == []


def test_a_test_the_page_names_exists() -> None:
    """Else a test that was renamed or removed goes on being promised."""
    there = {(path, name) for path in {path for path, _ in NAMED} for name in _functions(path)}

    assert [one for one in NAMED if one not in there] == []


def _functions(path: str) -> list[str]:
    """The names of a file's functions; none of one that is not there."""
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8") if file.is_file() else "")
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
