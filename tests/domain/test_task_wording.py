"""What tasks ask, in words: else people read codes and commands, or English in a Korean page."""

from __future__ import annotations

from typing import Any

import pytest

from domain.contracts.tasks import TaskKind
from domain.plain_english import in_plain_english
from domain.rules.policy import CODE, code_of
from domain.sentences import Sentence
from domain.tasks.wording import instructions_of, title_of
from domain.translations.translator import sentences

FACTS: dict[str, Any] = {
    "attempts": 5,
    "stage": "proposal",
    "reason": "no_budget",
    "competitor": "acme_dispatch_inc",
    "span": "2 weeks",
    "help_after": "3 business days",
    "on": "2027-03-01",
    "at": "2026-12-01T09:00:00+00:00",
}
CASES = ("", "warn", "help", "return", "booked", "score_reached", "proposed", "gone")


@pytest.mark.parametrize("kind", TaskKind)
@pytest.mark.parametrize("case", CASES)
def test_what_a_task_asks_is_said_in_every_language_without_codes(
    kind: TaskKind, case: str
) -> None:
    facts = FACTS | {"case": case}
    said = [title_of(kind, 1, facts, "Welcome call"), *instructions_of(kind, facts, "")]

    for one in said:
        told = in_plain_english(one)
        assert "_" not in told
        assert "--" not in told
        if isinstance(one, Sentence):
            assert one.pattern in sentences("ko")
            assert one.pattern in sentences("zh")


@pytest.mark.parametrize(
    ("kind", "facts", "title", "instructions"),
    [
        (TaskKind.CALL, {"attempts": 5}, "Call, attempt 2 of 5", ["Aim for an appointment"]),
        (TaskKind.CADENCE, {}, "Written by marketing", ["As marketing wrote it"]),
        (TaskKind.MEETING_OUTCOME, {}, "Record how the meeting went", []),
        (
            TaskKind.OPPORTUNITY,
            {"stage": "proposal", "case": "warn", "span": "2 weeks", "help_after": "1 week"},
            "The opportunity stands still in Proposal: move it on",
            ["It was expected to take 2 weeks.", "If it has not moved in 1 week"],
        ),
        (
            TaskKind.LOSS_REVIEW,
            {"stage": "proposal", "reason": "no_budget", "competitor": "acme_inc"},
            "Review how the opportunity was lost",
            ["Lost in Proposal: No budget.", "It went to acme inc."],
        ),
        # A row whose facts nobody wrote.
        (TaskKind.OPPORTUNITY, {}, "Move the opportunity on", []),
    ],
)
def test_a_task_is_worded_by_its_kind_and_facts(
    kind: TaskKind, facts: dict[str, Any], title: str, instructions: list[str]
) -> None:
    written = kind == TaskKind.CADENCE
    said = instructions_of(kind, facts, "As marketing wrote it" if written else "")

    assert (
        in_plain_english(title_of(kind, 2, facts, "Written by marketing" if written else ""))
        == title
    )
    assert len(said) == len(instructions)
    for one, begins in zip(said, instructions, strict=True):
        assert in_plain_english(one).startswith(begins)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Acme Dispatch Inc.", "acme_dispatch_inc"),
        ("No budget this year", "no_budget_this_year"),
        ("한빛 솔루션", "한빛_솔루션"),
        ("price", "price"),
        ("x" * 60, "x" * 40),
        (" … ", ""),
    ],
)
def test_what_people_call_a_reason_or_a_competitor_is_made_into_a_code(
    name: str, code: str
) -> None:
    """A seller who types "No budget this year" would be told to use underscores."""
    assert code_of(name) == code
    assert not code or CODE.fullmatch(code)
