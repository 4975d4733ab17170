"""Histories are kept for months and read by ops: no name, address or text may be in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.replay.histories import read, recorded
from tests.support.history_scan import in_history
from tests.support.personal_words import NOTE, TELL_TALE
from tests.support.workflow_world import CADENCES

HIDDEN = "Wilhelmina"
EVERYTHING = [*TELL_TALE.values(), NOTE, "quuxcorp", "Hana Lindqvist"]


@pytest.mark.parametrize("path", recorded(), ids=lambda path: path.stem)
def test_a_recorded_history_holds_no_personal_data(path: Path) -> None:
    assert in_history(read(path), EVERYTHING) == []


def test_the_recorded_people_are_those_that_are_looked_for() -> None:
    """Else the scan looks for a rep who was renamed, and finds nothing for ever."""
    assert "Hana Lindqvist" in (CADENCES / "team.yaml").read_text(encoding="utf-8")


def _payload() -> Payload:
    return Payload(data=f'{{"note": "for {HIDDEN}"}}'.encode())


def _with_argument(event: HistoryEvent) -> None:
    event.workflow_execution_started_event_attributes.input.CopyFrom(
        Payloads(payloads=[_payload()])
    )


def _with_search_attribute(event: HistoryEvent) -> None:
    attributes = event.workflow_execution_started_event_attributes.search_attributes
    attributes.indexed_fields["Owner"].CopyFrom(_payload())


def _with_memo(event: HistoryEvent) -> None:
    event.workflow_execution_started_event_attributes.memo.fields["who"].CopyFrom(_payload())


def _with_summary(event: HistoryEvent) -> None:
    event.user_metadata.summary.CopyFrom(_payload())


def _with_failure(event: HistoryEvent) -> None:
    cause = Failure(message="no such lead", stack_trace=f"File x, line 1: {HIDDEN}")
    event.activity_task_failed_event_attributes.failure.CopyFrom(
        Failure(message="see below", cause=cause)
    )


def _with_address(event: HistoryEvent) -> None:
    event.workflow_execution_signaled_event_attributes.signal_name = "to x.y@example.com"


@pytest.mark.parametrize(
    "hide",
    [
        _with_argument,
        _with_search_attribute,
        _with_memo,
        _with_summary,
        _with_failure,
        _with_address,
    ],
)
def test_the_scan_finds_what_is_hidden_in_any_part_of_an_event(hide: object) -> None:
    """Else the tests above prove nothing."""
    event = HistoryEvent(event_id=1)
    hide(event)  # type: ignore[operator]

    assert in_history(WorkflowHistory("lead-1", [event]), [HIDDEN]) != []
