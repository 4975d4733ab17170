"""What a person enters to end a task: the table of dispositions, taken at its word."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.contracts.tasks import CLOSES_OPPORTUNITY, Disposition, TaskKind
from domain.tasks.completion import Completion, Learned, mistake_in
from domain.tasks.rules import DISPOSITIONS, TASKS, DispositionRule

EVERY = [(kind, one) for kind, rule in TASKS.items() for one in rule.dispositions]
AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
ENTERED: dict[str, Any] = {
    "at": AT,
    "reason": "price",
    "until": date(2026, 9, 1),
    "competitor": "acme",
}
"""Something for each field that belongs to some dispositions only."""


def needed(rule: DispositionRule) -> dict[str, Any]:
    """What can't be left out."""
    asked = {"at": rule.needs_time, "reason": rule.needs_reason}
    return {name: ENTERED[name] for name, needs in asked.items() if needs}


def wrong(kind: TaskKind, disposition: str, **entered: Any) -> str:
    """The field that is refused, '' for none."""
    completion = Completion(disposition=disposition, **entered)
    found = mistake_in(completion, kind, 7, TASKS[kind].dispositions)
    return found.field if found else ""


@pytest.mark.parametrize(("kind", "disposition"), EVERY)
def test_a_disposition_takes_what_its_rule_says_and_nothing_else(
    kind: TaskKind, disposition: Disposition
) -> None:
    """A form would ask for what is refused, or a lead would rest without a reason."""
    rule = DISPOSITIONS[disposition]
    needs = needed(rule)
    assert wrong(kind, disposition, note="A good talk.", **needs) == ""
    for name in needs:
        assert wrong(kind, disposition, **{k: v for k, v in needs.items() if k != name}) == name
    may = {
        "at": rule.needs_time,
        "until": rule.may_name_day,
        "competitor": rule.may_name_competitor,
    }
    for name, taken in may.items():
        refused = wrong(kind, disposition, **needs | {name: ENTERED[name]})
        assert refused == ("" if taken else name)
    learned = wrong(kind, disposition, **needs, learned=Learned(budget="10"))
    assert learned == ("" if TASKS[kind].records_opportunity else "learned")


@pytest.mark.parametrize(("kind", "disposition"), EVERY)
def test_what_was_typed_for_another_disposition_is_left_out_on_the_way(
    kind: TaskKind, disposition: Disposition
) -> None:
    """Somebody who chose a time, and then another way out, would be refused for the time."""
    typed = Completion(disposition=disposition, note=" Rings back. ", **ENTERED).pruned()
    assert mistake_in(typed, kind, 7, TASKS[kind].dispositions) is None
    assert typed.note == "Rings back."


def test_every_disposition_ends_some_task_and_no_task_ends_with_another() -> None:
    """One that no task has could be chosen nowhere; one without a rule breaks each form."""
    assert {one for _, one in EVERY} == set(Disposition) == set(DISPOSITIONS)
    assert set(TASKS) == set(TaskKind)
    assert set(CLOSES_OPPORTUNITY) < set(TASKS[TaskKind.OPPORTUNITY].dispositions)


def test_what_no_task_ends_with_is_told_with_what_this_one_may_end_with() -> None:
    found = mistake_in(Completion(disposition="sold"), TaskKind.RENEWAL, 7, ["renewed", "lost"])
    assert found is not None
    assert "Task 7 cannot end with 'sold'; choose one of renewed, lost." in found.sentence


def test_what_is_kept_is_read_back_as_it_was_entered() -> None:
    """A disposition that somebody takes back would come back without its time or its day."""
    everything = Completion(
        disposition="lost", note="…", learned=Learned(budget="", need="soon"), **ENTERED
    )
    assert Completion.model_validate(everything.kept()) == everything
    assert Completion(disposition="done").kept() == {"disposition": "done"}
    assert everything.known == {"budget": "", "need": "soon"}
