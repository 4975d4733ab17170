"""The campaign's own eyes: a tally that notices nothing would call every campaign good."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.campaign.book import Book
from tests.faults.campaign.facts import KEPT, Facts, Touched
from tests.faults.campaign.faults import Fault
from tests.faults.campaign.recovery import Wait, recoveries
from tests.faults.campaign.tally import ONCE_IN_ALL, tally

KINDS = tuple(KEPT)
COUNTED = tuple(kind for kind in KINDS if kind not in ONCE_IN_ALL)
MAIL = {"mail-1": [10.0]}


def played() -> Book:
    """Of each kind two acts, of which one was answered."""
    book = Book()
    for kind in KINDS:
        for subject in ("answered", "unanswered"):
            book.ask(kind, subject)
        book.acknowledge(kind, "answered")
    return book


def kept(**changed: Counter[str]) -> Facts:
    """All that was answered is there, once, and its mail went out."""
    return Facts(
        kept={kind: Counter({"answered": 1}) for kind in KINDS} | changed,
        touches=[Touched("touch-1", "sent", "mail-1", "user-1@faults.example")],
    )


def wrong(
    book: Book, facts: Facts, accepted: dict[str, list[float]] = MAIL
) -> dict[str, list[str]]:
    return {what: which for what, which in tally(book, accepted, facts).items() if which}


@pytest.mark.parametrize("unanswered", [0, 1])
def test_what_was_not_answered_may_be_there_or_not(unanswered: int) -> None:
    """A tally that cries wolf is not believed when it is right."""
    there = Counter({"answered": 1, "unanswered": unanswered})
    assert wrong(played(), kept(**dict.fromkeys(KINDS, there))) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_something_acknowledged_that_is_not_there_is_lost(kind: str) -> None:
    assert wrong(played(), kept(**{kind: Counter()})) == {f"{kind}: lost": ["answered: 1, not 0"]}


@pytest.mark.parametrize("kind", COUNTED)
def test_something_that_is_there_more_often_than_it_was_asked_for_is_doubled(kind: str) -> None:
    twice = kept(**{kind: Counter({"answered": 2})})
    assert wrong(played(), twice) == {f"{kind}: doubled": ["answered: 2, not 1"]}


def test_one_of_many_for_the_same_lead_is_missed() -> None:
    """Some who make appointments know the lead by its id, some by its address."""
    book = played()
    book.ask("appointment", "lead-7")
    book.acknowledge("appointment", "lead-7")
    names = {"lead-7": "answered"}

    assert wrong(book, replace(kept(), address_of=names)) == {
        "appointment: lost": ["answered: 2, not 1"]
    }
    twice = kept(appointment=Counter({"answered": 2}))
    assert wrong(book, replace(twice, address_of=names)) == {}


def test_mails_are_compared_with_the_ledger() -> None:
    assert wrong(played(), kept(), {}) == {"touch: lost": ["touch-1"]}
    assert wrong(played(), kept(), {"mail-1": [10.0, 11.0]}) == {"touch: doubled": ["mail-1"]}
    unknown = {**MAIL, "mail-2": [10.0]}
    assert wrong(played(), kept(), unknown) == {"touch: not in the ledger": ["mail-2"]}


def test_what_the_database_itself_says_is_wrong_is_told() -> None:
    stuck = replace(kept(), wrong={"touches stuck": ["touch-1 sending"]})
    assert wrong(played(), stuck) == {"touches stuck": ["touch-1 sending"]}


def test_a_recovery_counts_from_the_return_and_knows_what_else_was_wrong() -> None:
    faults = [
        Fault("postgres", "kill", 100, 105),
        Fault("temporal", "kill", 200, 210),
        Fault("worker 1", "kill", 211, 212),
    ]
    waits = [Wait(90, 99), Wait(101, 109), Wait(213, 214.5), Wait(190, 214)]

    assert recoveries("postgres", faults, waits) == ([4.0], [4.0])
    assert recoveries("temporal", faults, waits) == ([4.0], [])
