"""Where we can die is one list: in the code, on the page, and in the tests that die there."""

from __future__ import annotations

import ast
import re

from settings import ROOT
from tests.support.source_files import PACKAGES, parsed, python_files

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def in_code() -> set[str]:
    """The points of the code."""
    found = set()
    for path in (*python_files(), *python_files(*PACKAGES)):
        for node in ast.walk(parsed(path)):
            match node:
                case ast.Call(ast.Name("crash_point"), [ast.Constant(str(name))]):
                    found.add(name)
    return found


def test_each_place_where_we_can_die_is_listed_and_tried() -> None:
    """A commit and its report that nobody has died between are what loses an answer one day."""
    section = PAGE.partition("## Where we can die")[2]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    listed = {name for cell in rows for name in re.findall(r"`([a-z_.]+)`", cell)}
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "faults").glob("test_*.py")
    )
    assert listed == in_code()
    assert {name for name in listed if name not in tests} == set()
