"""Comments of a file that a form changes: else what somebody wrote about one rule stands above
another, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.authoring.yaml_edit import NAMES, lost_comments, merged
from domain.authoring.yaml_source import read
from settings import ROOT

FILES = [
    ROOT / folder / name
    for folder in ("cadences", "docs/reference/examples")
    for name in ("scoring.yaml", "team.yaml")
]
MANY = """\
policy: x
rules:
  # about A
  - rule: A
    points: 1  # beside A

  # about B

  # more about B
  - {rule: B, points: 2}  # beside B
  # about C
  - rule: C
    bands:
      # about bands
      10: 1
      20: 2
  # about D
  - rule: D
    on: [a, b]
  # about E
  - rule: E
    first:
      - rule: one
        if: "true"
      # about two
      - rule: two
# about what follows
next: 1
"""


def is_named(row: Any) -> bool:
    """Whether it is a row that is known wherever it stands."""
    return isinstance(row, dict) and any(name in row for name in NAMES)


def lists_of_rows(data: Any) -> Iterator[list[Any]]:
    """Every list of named rows in a file."""
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    if isinstance(data, list) and data and all(map(is_named, data)):
        yield data
    for one in inside:
        yield from lists_of_rows(one)


def with_rows(data: Any, rows: list[Any], others: Sequence[Any]) -> Any:
    """The same with other rows in one of its lists."""
    if data is rows:
        return list(others)
    if isinstance(data, dict):
        return {name: with_rows(one, rows, others) for name, one in data.items()}
    return [with_rows(one, rows, others) for one in data] if isinstance(data, list) else data


def followers(text: str) -> dict[str, str]:
    """Comment → the first line below it that is none."""
    lines = [line.split("  #")[0] for line in text.splitlines() if line.strip()] + [""]
    found: dict[str, str] = {}
    for line, below in reversed(list(pairwise(lines))):
        if line.strip().startswith("#"):
            found[line.strip()] = found.get(below.strip(), below.strip())
    return found


BESIDE_THE_KEY = MANY.replace("rules:\n", "rules:  # beside the key\n")
TEXTS = [MANY, BESIDE_THE_KEY, *(path.read_text(encoding="utf-8") for path in FILES)]
LISTS = [(text, at) for text in TEXTS for at, _ in enumerate(lists_of_rows(read(text, "").data))]


@settings(max_examples=40)
@given(st.data())
def test_a_comment_stays_above_its_rule_wherever_that_goes(data: st.DataObject) -> None:
    """Marketing moves and removes rules; what is written about one goes with it, and only what was
    about one that is gone goes, and is told."""
    text, at = data.draw(st.sampled_from(LISTS))
    whole = read(text, "").data
    rows = list(lists_of_rows(whole))[at]
    order = data.draw(st.permutations(rows))
    kept = order[: data.draw(st.sampled_from([len(order), 1, len(order) // 2 + 1]))]
    new = [{name: "a new one" for name in kept[0] if name in NAMES}] * data.draw(st.booleans())
    place = data.draw(st.integers(0, len(kept)))
    wanted = [*kept[:place], *new, *kept[place:]]

    written = merged(text, with_rows(whole, rows, wanted))

    assert read(written, "").problems == []
    assert read(written, "").data == with_rows(whole, rows, wanted)
    before, after = followers(text), followers(written)
    assert after == {comment: below for comment, below in before.items() if comment in after}
    lost = set(before) - set(after)
    lines = {line.strip() for line in written.splitlines()}
    assert [comment for comment in lost if before[comment] in lines] == []
    if len(kept) == len(rows):
        assert not lost
    assert len(lost_comments(text, written)) >= len(lost)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_a_rule_that_is_written_twice_takes_no_other_in(path: Path) -> None:
    """The second was the first once more, and what it said was gone before anybody was told."""
    whole = read(path.read_text(encoding="utf-8"), "").data
    for rows in lists_of_rows(whole):
        double = {**rows[0], "note": "mine"}
        made = with_rows(whole, rows, [*rows, double])
        assert read(merged(path.read_text(encoding="utf-8"), made), "").data == made
