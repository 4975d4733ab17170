"""Cadences as a model: ids, order and round trips that published enrollments stand on."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from domain.authoring.yaml_source import validate
from domain.cadences.cadence import END, Cadence, walk
from domain.checking.lint import lint
from domain.time.span import Span, parse_span
from tests.domain.cadences import cadence_data

WELCOME = """\
cadence: welcome-nurture
description: The first three weeks
topic: nurture
window: {days: [mon, tue], from: "09:00", to: "17:00", skip_holidays: true}
exit_on: [replied, booked]
steps:
  - email: welcome
  - wait: 3 days
  - branch:
      if: engagement.clicks > 0 && lead.country == "KR"
      then:
        - email: welcome
        - wait: 1 week
      else:
        - task: {title: Call them today, kind: call, due: 4 hours}
        - exit: no_interest
  - wait: 3 days
    id: pause
  - email: goodbye
"""


def welcome() -> Cadence:
    cadence, problems = validate(Cadence, WELCOME, "welcome.yaml")
    assert problems == []
    assert cadence is not None
    return cadence


def test_every_step_has_a_readable_id() -> None:
    """Ops read these ids in the Temporal UI and in the ledger."""
    assert [step.id for _, step in walk(welcome().steps, ())] == [
        "email-welcome",
        "wait-3-days",
        "branch-engagement-clicks-0-lead-country",
        "email-welcome-2",
        "wait-1-week",
        "task-call-them-today",
        "exit-no-interest",
        "pause",
        "email-goodbye",
    ]


def test_a_derived_id_gives_way_to_one_that_was_chosen() -> None:
    """Choosing an id for a later step must not clash with an earlier step's own."""
    cadence = Cadence.model_validate(
        {"cadence": "a", "steps": [{"email": "x"}, {"wait": "1 day", "id": "email-x"}]}
    )

    assert [step.id for step in cadence.steps] == ["email-x-2", "email-x"]


def test_both_arms_rejoin_behind_the_branch_and_an_exit_ends() -> None:
    """A lead must not fall out of the cadence at the end of an arm."""
    cadence = welcome()

    assert cadence.first == "email-welcome"
    assert cadence.successor("wait-1-week") == "pause"
    assert cadence.successor("task-call-them-today") == "exit-no-interest"
    assert cadence.successor("exit-no-interest") == END
    assert cadence.successor("email-goodbye") == END


def test_touches_are_numbered_as_they_are_read() -> None:
    """'Waiting to send step 4' must mean the same to marketing and to ops."""
    cadence = welcome()

    assert cadence.touch_number("email-welcome") == 1
    assert cadence.touch_number("task-call-them-today") == 3
    assert cadence.touch_number("email-goodbye") == 4


def test_the_length_is_that_of_the_longest_way() -> None:
    """Marketing plans with it."""
    assert welcome().length() == timedelta(days=13)
    assert welcome().templates() == ["welcome", "goodbye"]
    assert welcome().step_count == 9


@given(cadence_data())
def test_a_valid_cadence_survives_yaml_and_the_database(data: dict[str, Any]) -> None:
    """What was published is what runs, ids included."""
    written = StringIO()
    YAML(typ="safe", pure=True).dump(data, written)
    templates = {name: ["en"] for name in _templates(data["steps"])}

    cadence, problems = lint(written.getvalue(), "made.yaml", templates)

    assert problems == []
    assert cadence is not None
    stored = json.loads(json.dumps(cadence.model_dump(mode="json")))
    assert Cadence.model_validate(stored) == cadence
    ids = [step.id for _, step in walk(cadence.steps, ())]
    assert len(ids) == len(set(ids))
    assert all(ids)


def _templates(steps: list[dict[str, Any]]) -> list[str]:
    found = [step["email"] for step in steps if "email" in step]
    for step in steps:
        branch = step.get("branch", {})
        found += _templates([*branch.get("then", []), *branch.get("else", [])])
    return found


_SCRAPS = """\
cadence: a
|steps:
|  - email: x
|  - wait: 3 days
|  - branch:
|      if: score > 1
|      then: [|{email: x}|]
|- |: |&a |*a|window: |{from: |"|'|	|!!int |? |---
|%YAML 1.1
|0x|1_0|.nan|~|<<: *a
|\\|é|#|{|}|
"""
_yaml_like = st.lists(st.sampled_from(re.split(r"\|", _SCRAPS)), max_size=25).map("".join)


@given(st.text() | _yaml_like)
def test_any_text_gives_a_cadence_or_problems(text: str) -> None:
    """A traceback would hide the problems of all the other files."""
    cadence, problems = lint(text, "any.yaml", {"x": ["en"]})

    assert (cadence is None) is bool(problems)
    lines = text.splitlines() or [""]
    for problem in problems:
        assert 1 <= problem.line <= len(lines) + 1
        assert problem.column >= 1
        assert problem.message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["cadence", "steps", "email", "wait", "branch", "if", "then", "id"]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_values_in_the_right_places_give_problems(data: Any) -> None:
    """Values of the wrong kind are the commonest mistake."""
    written = StringIO()
    YAML(typ="safe", pure=True).dump({"cadence": "a", "steps": data}, written)

    cadence, problems = lint(written.getvalue(), "any.yaml", {})

    assert (cadence is None) is bool(problems)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3 days", Span(3, "day")),
        ("1 Business Day", Span(1, "business day")),
        ("90 minutes", Span(90, "minute")),
        (" 2  weeks ", Span(2, "week")),
        ("4h", None),
    ],
)
def test_spans_are_read_as_marketing_writes_them(text: str, span: Span | None) -> None:
    """Case and white space are no mistakes; abbreviations are not guessed at."""
    if span is None:
        with pytest.raises(ValueError, match="unknown unit 'h'"):
            parse_span(text)
    else:
        assert parse_span(text) == span
        assert parse_span(str(span)) == span


def test_a_span_of_business_days_is_counted_with_the_leads_calendar() -> None:
    """Hours are the same everywhere, business days are not."""
    friday = datetime(2026, 8, 14, 1, tzinfo=UTC)

    assert Span(5, "hour").after(friday, "Asia/Seoul", "KR") == friday + timedelta(hours=5)
    assert Span(1, "business day").after(friday, "Asia/Seoul", "KR").day == 18
    assert Span(1, "business day").after(friday, "Asia/Seoul", "").day == 17


def test_a_published_cadence_can_not_be_changed() -> None:
    """Versions are shared by every lead of a worker process."""
    with pytest.raises(ValidationError):
        welcome().name = "other"  # type: ignore[misc]  # Refusing it is what is tested.
