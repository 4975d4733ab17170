"""Sentences that are told in other languages: what they were made of must get to whoever reads."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime

from domain.sentences import Sentence, read, sentence, written

AT = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
WHEN = sentence("on {at:%Y-%m-%d at %H:%M} UTC", at=AT)
SAID = sentence(
    "Task {task} was done {when}; choose one of {codes} before {day}.",
    task=3,
    when=WHEN,
    codes=["won", "lost"],
    day=date(2026, 12, 1),
)


def test_in_english_it_is_the_sentence() -> None:
    """Programs and the command line would get places instead of words."""
    assert SAID == (
        "Task 3 was done on 2026-11-22 at 05:30 UTC; choose one of won, lost before 2026-12-01."
    )


def test_an_exception_carries_it_untouched() -> None:
    """The console could not translate what only its text was left of."""
    carried = str(ValueError(SAID))

    assert isinstance(carried, Sentence)
    assert carried.values["when"] is WHEN


def test_it_comes_back_from_the_database_as_it_was() -> None:
    """A refusal that is read hours later would be in English, with its times in UTC."""
    for kept in (read(json.loads(json.dumps(written(SAID)))), copy.deepcopy(SAID)):
        assert isinstance(kept, Sentence)
        assert (kept, kept.pattern, kept.values) == (SAID, SAID.pattern, SAID.values)
    assert read(written("plain")) == "plain"
