"""The planner: what it gets wrong is a mail at the wrong time, twice or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cadences.cadence import END, BranchStep, Cadence, Step, WaitStep, walk
from domain.cadences.planner import PlannedStep, next_move
from domain.time.window import is_open
from tests.domain.cadences import CONDITION, cadences

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)  # a Wednesday, inside the window


def cadence(*steps: dict[str, Any]) -> Cadence:
    return Cadence.model_validate({"cadence": "test", "steps": list(steps)})


def move(plan: Cadence, step: str = "", facts: dict[str, Any] | None = None) -> PlannedStep:
    return next_move(plan, step or plan.first, NOW, facts or {}, time_zone="UTC", country="")


def test_a_mail_due_in_the_window_goes_now() -> None:
    """The first mail of a cadence goes the moment a lead is enrolled."""
    assert move(cadence({"email": "a"})) == PlannedStep("send", "email-a", NOW)


def test_waits_add_up_and_the_mail_moves_into_the_window() -> None:
    """Three days and ten hours from Wednesday is Saturday night: Monday at nine."""
    plan = cadence({"wait": "3 days"}, {"wait": "10 hours"}, {"email": "a"})

    assert move(plan) == PlannedStep("send", "email-a", datetime(2026, 6, 8, 9, tzinfo=UTC))


def test_business_days_are_those_of_the_lead() -> None:
    """Liberation Day's substitute closes Korea on the Monday; an American works."""
    plan = cadence({"wait": "1 business day"}, {"task": {"title": "Call"}})
    friday = datetime(2026, 8, 14, 5, tzinfo=UTC)

    korean = next_move(plan, plan.first, friday, {}, time_zone="Asia/Seoul", country="KR")
    american = next_move(plan, plan.first, friday, {}, time_zone="America/Chicago", country="US")

    assert korean.due == datetime(2026, 8, 18, 5, tzinfo=UTC)
    assert american.due == datetime(2026, 8, 17, 5, tzinfo=UTC)


def test_a_task_is_due_when_its_wait_is_over_even_outside_the_window() -> None:
    """The send window is for mail; a task may wait in the list overnight."""
    plan = cadence({"wait": "10 hours"}, {"task": {"title": "Call them"}})

    assert move(plan) == PlannedStep("task", "task-call-them", NOW + timedelta(hours=10))


BRANCH = {
    "branch": {"if": "score > 10", "then": [{"email": "hot"}], "else": [{"exit": "cold"}]},
    "id": "fork",
}


def test_a_branch_is_decided_at_once_when_it_comes_first() -> None:
    """No wait came before, so the facts are those of now."""
    plan = cadence(BRANCH, {"email": "after"})

    assert move(plan, facts={"score": 11}) == PlannedStep("send", "email-hot", NOW)
    assert move(plan, facts={"score": 10}) == PlannedStep("exit", "exit-cold", NOW, "cold")
    assert move(plan, plan.successor("email-hot")) == PlannedStep("send", "email-after", NOW)


def test_a_branch_behind_a_wait_is_decided_when_the_wait_is_over() -> None:
    """A click during the wait must count."""
    plan = cadence({"wait": "2 days"}, BRANCH)

    assert move(plan, facts={"score": 99}) == PlannedStep("decide", "fork", NOW + timedelta(days=2))


def test_a_branch_without_else_goes_on_behind_it() -> None:
    """'else' may be left out."""
    plan = cadence({"branch": {"if": "score > 10", "then": [{"email": "hot"}]}}, {"email": "b"})

    assert move(plan, facts={"score": 1}).step == "email-b"


def test_facts_that_are_missing_take_the_else_arm() -> None:
    """A lead without facts is not stuck."""
    assert move(cadence(BRANCH)).exit_reason == "cold"


def test_the_end_is_an_exit_for_exhaustion_after_the_last_wait() -> None:
    """The last wait gives the lead time to answer the last mail."""
    plan = cadence({"email": "a"}, {"wait": "3 days"})

    assert move(plan, plan.successor("email-a")) == PlannedStep(
        "exit", END, NOW + timedelta(days=3), "exhausted"
    )
    assert next_move(plan, END, NOW, {}, time_zone="UTC", country="").exit_reason == "exhausted"


def test_a_step_that_does_not_exist_is_an_error() -> None:
    """Silence would end the enrollment as if the lead had heard everything."""
    with pytest.raises(KeyError):
        move(cadence({"email": "a"}), "email-b")


@given(cadences(), st.sets(st.integers(0, 30)))
def test_the_planner_does_what_the_cadence_says_and_ends(plan: Cadence, yes: set[int]) -> None:
    """A journey must never circle, leave a step out or do one twice."""
    assert _done(plan, yes) == _told(plan.steps, yes)


@given(cadences())
def test_every_published_step_can_be_reached(plan: Cadence) -> None:
    """Behind a branch, inside it, after a wait: none is dead."""
    for path, step in walk(plan.steps, ()):
        if not isinstance(step, (WaitStep, BranchStep)):
            assert step.id in _done(plan, _answers_to(plan, path))


def _done(plan: Cadence, yes: set[int]) -> list[str]:
    """What the planner has done to a lead whose attributes answer ``yes`` to those branches."""
    facts = {"lead": {"attributes": {f"b{number}": "" for number in yes}}}
    done: list[str] = []
    step, now = plan.first, NOW
    for _ in range(1000):
        following = next_move(plan, step, now, facts, time_zone="Asia/Seoul", country="KR")
        assert following.due >= now
        step, now = following.step, following.due
        if following.kind == "decide":
            continue
        if following.kind == "send":
            assert is_open(plan.window, now, "Asia/Seoul", "KR")
        if step != END:
            done.append(step)
        if following.kind == "exit":
            return done
        step = plan.successor(step)
    raise AssertionError("the cadence never ends")


def _told(steps: tuple[Step, ...], yes: set[int]) -> list[str]:
    """The e-mails, tasks and the exit of a list of steps, read from top to bottom."""
    told: list[str] = []
    for step in steps:
        if isinstance(step, BranchStep):
            arm = step.branch.then if _number(step) in yes else step.branch.otherwise
            told += _told(arm, yes)
        elif not isinstance(step, WaitStep):
            told.append(step.id)
        if told and told[-1].startswith("exit-"):
            break
    return told


def _number(step: BranchStep) -> int:
    return int(step.branch.condition.removeprefix(CONDITION).removesuffix(")"))


def _answers_to(plan: Cadence, path: tuple[str | int, ...]) -> set[int]:
    """The branches that must be answered yes to come to the step at ``path``; of the others the
    second arm always comes out."""
    at = dict(walk(plan.steps, ()))
    yes = set()
    for end, part in enumerate(path):
        fork = at.get(path[: end - 1]) if part in ("then", "else") else None
        if isinstance(fork, BranchStep) and part == "then":
            yes.add(_number(fork))
    return yes


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        ({"email": "a"}, "send"),
        ({"task": {"title": "Call"}}, "task"),
        ({"exit": "cold"}, "exit"),
        (BRANCH, "decide"),
    ],
)
def test_waits_counted_anew_come_to_the_plan_of_another_place(
    then: dict[str, Any], kind: str
) -> None:
    """A lead that turns out to be in Korea would be written to by the clock of London."""
    plan = cadence({"wait": "1 day"}, {"wait": "2 business days"}, then)
    before = move(plan)

    assert before.counted_since is not None
    again = next_move(
        plan,
        before.counted_from,
        before.counted_since,
        {},
        time_zone="Asia/Seoul",
        country="KR",
        earliest=NOW + timedelta(hours=1),
    )

    assert again == next_move(plan, plan.first, NOW, {}, time_zone="Asia/Seoul", country="KR")
    assert again.kind == kind


def test_a_mail_that_would_have_gone_elsewhere_goes_at_the_next_opening() -> None:
    """Counted anew, a due time that has passed must not send at night."""
    plan = cadence({"wait": "1 day"}, {"email": "a"})
    night = datetime(2026, 6, 4, 22, tzinfo=UTC)

    late = next_move(plan, plan.first, NOW, {}, time_zone="UTC", country="", earliest=night)

    assert late.due == datetime(2026, 6, 5, 9, tzinfo=UTC)
    wait = cadence({"wait": "1 day"}, {"exit": "cold"})
    assert (
        next_move(wait, wait.first, NOW, {}, time_zone="UTC", country="", earliest=night).due
        == night
    )


def test_waits_are_counted_anew_from_behind_a_branch_that_was_decided() -> None:
    """A lead would change arms, and get the mails of both."""
    arm = {"branch": {"if": "score > 10", "then": [{"wait": "2 days"}, {"email": "hot"}]}}
    plan = cadence(arm, {"email": "after"})

    decided = move(plan, facts={"score": 11})

    assert (decided.step, decided.counted_from) == ("email-hot", "wait-2-days")


def test_a_branch_that_can_t_be_answered_says_why() -> None:
    """Marketing would learn from nobody that everyone got the other mail."""
    asked = {"if": 'lead.attributes.plan == "pro"', "then": [{"email": "pro"}]}
    plan = cadence({"branch": asked, "id": "fork"}, {"email": "after"})

    found = move(plan, facts={"lead": {"attributes": {}}})

    assert found.step == "email-after"
    assert found.unanswered == (("fork", "'plan' is not known of this lead"),)
    assert move(plan, facts={"lead": {"attributes": {"plan": "pro"}}}).unanswered == ()
