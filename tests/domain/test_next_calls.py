"""What a call leads to: the sentence shown before is what the journey does after."""

from __future__ import annotations

from typing import Any

import pytest

from domain.checking.policies import read_policy
from domain.contracts.tasks import Disposition, TaskKind, Undone
from domain.sales.follow_up import BY_DEFAULT, FollowUpPolicy
from domain.sales.next_calls import REOPENED_AT_MOST, Next, next_action, what_follows
from domain.time.spans import ClockSpan, parse_clock_span
from settings import ROOT

AS_BEFORE = """
policy: follow-up
calling_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "18:00"}
qualify_due: 1 hour
qualify_deadline: 5 days
call_due: 4 hours
call_deadline: 3 days
gaps: [5 minutes, 1 business day, 2 business days]
email_after: [1, 3]
returns: {bad_data: disqualify, too_early: recycle}
"""
SHIPPED = (ROOT / "cadences" / "follow-up.yaml").read_text(encoding="utf-8")


def read(text: str) -> FollowUpPolicy:
    policy, problems = read_policy(text, "follow-up.yaml")
    assert not problems, problems
    assert isinstance(policy, FollowUpPolicy)
    return policy


def complaint(text: str) -> str:
    _, problems = read_policy(AS_BEFORE + text, "follow-up.yaml")
    (problem,) = problems
    return str(problem)


def gap(text: str) -> ClockSpan:
    parsed: ClockSpan = parse_clock_span(text)
    return parsed


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (Disposition.NO_ANSWER, Next("call", 2, gap=gap("1 business day"))),
        (Disposition.LEFT_VOICEMAIL, Next("call", 2, gap=gap("1 business day"))),
        (Disposition.BUSY, Next("call", 2, gap=gap("1 business day"))),
        (Disposition.CONNECTED, Next("call", 2, gap=gap("1 business day"))),
        (Disposition.MEANINGFUL, Next("call", 2, gap=gap("1 business day"))),
        (Undone.EXPIRED, Next("call", 2, gap=gap("1 business day"))),
        (Disposition.CALL_BACK, Next("call", 1, owed=True)),
        (Disposition.WRONG_NUMBER, Next("recycle", 1, reason="wrong_number")),
        (Disposition.NOT_INTERESTED, Next("recycle", 1, reason="not_interested")),
        (Disposition.UNQUALIFIED, Next("disqualify", 1, reason="unqualified")),
    ],
)
def test_a_policy_that_says_nothing_of_outcomes_does_as_before(
    disposition: Disposition | Undone, expected: Next
) -> None:
    """Companies with a follow-up.yaml of last year must not be surprised."""
    assert what_follows(read(AS_BEFORE), disposition, 1) == expected


def test_the_last_attempt_leads_to_recycle_with_no_response() -> None:
    assert what_follows(read(AS_BEFORE), Disposition.NO_ANSWER, 3) == Next(
        "recycle", 3, reason="no_response"
    )


def test_a_busy_line_is_tried_again_without_counting_but_not_for_ever() -> None:
    rules = read(AS_BEFORE + "after: {busy: {again_in: 30 business minutes, counts: false}}\n")
    following, calls = what_follows(rules, Disposition.BUSY, 1), 1
    while following.attempt == 1:
        assert str(following.gap) == "30 business minutes"
        following = what_follows(rules, Disposition.BUSY, 1, following.again)
        calls += 1
    assert (calls, following) == (4, Next("call", 2, gap=gap("1 business day")))


def test_an_own_time_replaces_the_gap_and_the_attempt_counts() -> None:
    rules = read(AS_BEFORE + "after: {meaningful: {again_in: 3 business days}}\n")
    assert what_follows(rules, Disposition.MEANINGFUL, 1) == Next(
        "call", 2, gap=gap("3 business days")
    )
    assert what_follows(rules, Disposition.MEANINGFUL, 3).reason == "no_response"


def test_a_call_that_was_asked_for_is_owed_until_somebody_makes_it() -> None:
    rules = read(AS_BEFORE)
    assert what_follows(rules, Undone.EXPIRED, 3, owed=True) == Next("call", 3, 1, owed=True)
    # Called earlier, because the lead wrote meanwhile, on the last attempt.
    assert what_follows(rules, Disposition.NO_ANSWER, 3, owed=True) == Next("call", 3, owed=True)
    tired = what_follows(rules, Undone.EXPIRED, 3, REOPENED_AT_MOST, owed=True)
    assert tired == Next("recycle", 3, reason="no_response"), "nobody there will ever call"


def test_a_lead_that_must_not_be_called_again_is_not_owed_a_call() -> None:
    assert what_follows(read(AS_BEFORE), Disposition.WRONG_NUMBER, 1, owed=True).kind == "recycle"


@pytest.mark.parametrize(
    ("disposition", "attempt", "code", "says"),
    [
        ("no_answer", 1, "next_attempt", "Call attempt 2 of 5, 1 business day later, at another"),
        ("no_answer", 1, "next_attempt", "The mail follow-up-after-call goes out now"),
        ("no_answer", 5, "exhausted", "No attempt is left: back to marketing with no_response."),
        ("busy", 2, "call_again", "Another call 30 business minutes later"),
        ("call_back", 2, "call_back", "at the time the lead asked for"),
        ("meeting_booked", 2, "meeting", "On to the appointment."),
        ("wrong_number", 2, "recycle", "back to marketing: wrong_number"),
        ("unqualified", 2, "disqualify", "out for good: unqualified"),
    ],
)
def test_a_rep_sees_what_a_disposition_leads_to_before_choosing_it(
    disposition: str, attempt: int, code: str, says: str
) -> None:
    action = next_action(read(SHIPPED), TaskKind.CALL, Disposition(disposition), attempt)
    assert action
    assert action.code == code
    assert says in action.sentence


def test_the_rep_of_a_prospect_sees_the_outbound_rules() -> None:
    action = next_action(read(SHIPPED), TaskKind.CALL, Disposition.WRONG_NUMBER, 1, outbound=True)
    assert action
    assert (action.code, "bad_data" in action.sentence) == ("disqualify", True)


def test_qualifying_shows_the_first_call_and_where_each_reason_leads() -> None:
    policy = read(AS_BEFORE)
    accepted, called, returned = (
        next_action(policy, TaskKind.QUALIFY, one, 1)
        for one in (Disposition.ACCEPT, Disposition.ACCEPT_AND_CALL, Disposition.RETURN)
    )
    assert accepted
    assert accepted.sentence == "Call attempt 1 of 3, 5 minutes later."
    assert called is None, "no gap is waited for"
    assert returned
    assert "too_early (back to marketing)" in returned.sentence
    assert next_action(policy, TaskKind.OPPORTUNITY, Disposition.WON, 1) is None


def test_the_shipped_policy_survives_being_published() -> None:
    policy = read(SHIPPED)
    stored: dict[str, Any] = policy.model_dump(mode="json", by_alias=True)
    assert FollowUpPolicy.model_validate(stored) == policy
    assert set(policy.after) == set(BY_DEFAULT), "the file shows every outcome there is to choose"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("spread: [morning, nite]", ":11:19: 'nite' is not known here"),
        ("after: {bussy: next_attempt}", ":11:16: a call has no outcome 'bussy'. Did you mean"),
        ("after: {call_back: recycle}", "made at the time the lead asked for"),
        ("after: {busy: next_atempt}", ":11:15: 'next_atempt' leads nowhere. Did you mean"),
        ("after: {busy: {counts: false}}", "needs a time for the next one"),
        ("after: {busy: {again_in: 1 hour, to: recycle}}", "is not called again"),
        ("after: {busy: {again_in: 1 hour, at_most: 2}}", "Write counts: false"),
        ("after: {busy: {reason: no_luck}}", "only a lead that leaves has a reason"),
        ("after: {busy: {to: recycle, reason: No luck}}", "is no reason code"),
        ("outbound: {gaps: [1 hour], email_after: [2]}", "attempt 2, but there are 1 gaps"),
    ],
)
def test_a_mistake_in_the_policy_is_refused_with_its_place_and_its_mend(
    text: str, says: str
) -> None:
    assert says in complaint(text)


def test_a_part_of_the_day_outside_calling_hours_is_refused() -> None:
    text = AS_BEFORE.replace('"18:00"', '"17:00"') + "outbound: {gaps: [1 hour], spread: [evening]}"
    _, problems = read_policy(text, "follow-up.yaml")
    assert "nobody is called in the evening (17:00 to 24:00)" in str(problems[0])
    assert (problems[0].line, problems[0].column) == (11, 37)
