"""The SLA: the instants at which a rep is reminded, loses a lead, or the manager hears of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checking.policies import read_policy
from domain.sales.sla import Promise, SlaPolicy, promised
from domain.time.business_time import BusinessCalendar
from domain.time.spans import ClockSpan, parse_clock_span, parse_delay

_, _, SHIPPED = (
    (Path(__file__).parents[2] / "cadences" / "sla.yaml")
    .read_text(encoding="utf-8")
    .partition("\n")
)
SEOUL_ZONE = ZoneInfo("Asia/Seoul")
SEOUL = BusinessCalendar.model_validate(
    {
        "time_zone": "Asia/Seoul",
        "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]},
        "holidays": "KR",
    }
)


def sla(text: str = SHIPPED) -> SlaPolicy:
    """The policy in a file that is right."""
    policy, problems = read_policy(text, "sla.yaml")
    assert isinstance(policy, SlaPolicy), problems
    return policy


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in September 2026, of which 24 and 25 are Chuseok, a Thursday and a Friday."""
    return datetime(2026, 9, day, hour, minute, tzinfo=SEOUL_ZONE)


def test_a_lead_of_the_evening_before_chuseok_is_due_after_it() -> None:
    """Nobody is reminded on a holiday, and no lead changes hands at night."""
    clock = promised(sla(), "accept", seoul(23, 17, 30), SEOUL)

    assert clock.due_at == seoul(28, 9, 30)
    assert [(action.do, action.at) for action in clock.actions] == [
        ("remind", seoul(28, 9, 30)),
        ("reassign", seoul(28, 10)),
        ("tell_manager", seoul(28, 14, 30)),
    ]
    assert clock.due_at.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("promise", "due"),
    [
        ("hand_over", seoul(22, 15)),
        ("accept", seoul(22, 11)),
        ("accept_hot", seoul(22, 10, 5)),
        ("first_week", datetime(2026, 10, 1, 10, tzinfo=SEOUL_ZONE)),
        # Hangul Day, 9 October, is a holiday too.
        ("return", datetime(2026, 10, 12, 10, tzinfo=SEOUL_ZONE)),
    ],
)
def test_each_promise_has_its_own_span(promise: Promise, due: datetime) -> None:
    """Given on Tuesday at ten, two days before Chuseok."""
    assert promised(sla(), promise, seoul(22, 10), SEOUL).due_at == due


def test_a_plain_span_runs_at_night() -> None:
    """Who writes five minutes gets five minutes."""
    policy = sla(
        SHIPPED.replace("accept_hot_within: 5 business minutes", "accept_hot_within: 5 minutes")
    )

    assert promised(policy, "accept_hot", seoul(26, 3), SEOUL).due_at == seoul(26, 3, 5)


def test_a_pilot_measures_without_acting() -> None:
    """Sales is not reminded before both sides agreed to be."""
    clock = promised(
        sla(SHIPPED.replace("pilot: false", "pilot: true")), "accept", seoul(22, 10), SEOUL
    )

    assert clock.due_at == seoul(22, 11)
    assert clock.actions == ()


def test_the_clock_stands_still_while_the_journey_is_paused() -> None:
    """A lead put on hold at half time has half its time left, wherever the calendar is by then."""
    hold = (seoul(22, 10, 30), seoul(22, 17, 45))
    again = (seoul(23, 9, 5), seoul(23, 9, 5))

    assert promised(sla(), "accept", seoul(22, 10), SEOUL, [hold, again]).due_at == seoul(23, 9, 15)
    assert promised(
        sla(), "accept", seoul(22, 10), SEOUL, [(seoul(22, 12), seoul(22, 16))]
    ).due_at == (seoul(22, 11))
    late = promised(sla(), "accept", seoul(22, 10), SEOUL, [(seoul(22, 11, 15), seoul(22, 16))])
    assert [action.at for action in late.actions] == [
        seoul(22, 11),
        seoul(22, 16, 15),
        seoul(23, 10, 45),
    ]


@given(
    st.integers(1, 500),
    st.sampled_from(["minutes", "hours", "business minutes", "business hours", "business days"]),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
)
def test_a_pause_never_brings_a_due_time_forward(
    amount: int, unit: str, start: int, wait: int, length: int
) -> None:
    """An operator who pauses a lead must not cause a breach by it."""
    span = parse_clock_span(f"{amount} {unit}")
    begin = seoul(1, 0) + timedelta(minutes=start)
    paused = begin + timedelta(minutes=wait)
    resumed = paused + timedelta(minutes=length)
    due, moved = span.after(begin, SEOUL), span.after(begin, SEOUL, [(paused, resumed)])

    assert due <= moved
    assert moved == due or moved >= resumed
    if span.business and paused < due:
        used = SEOUL.minutes_between(begin, paused)
        left = SEOUL.minutes_between(resumed, moved)
        assert used + left == pytest.approx(SEOUL.minutes_between(begin, due))


def test_actions_come_in_the_order_of_the_list_however_long_a_day_is() -> None:
    """Where a day has two hours, seven hours end later than one working day."""
    short = BusinessCalendar.model_validate({"hours": {"mon-sun": "10:00-12:00"}})
    promises = SHIPPED.split("on_breach:")[0]
    policy = sla(
        f"{promises}on_breach:\n"
        "  - {after: 7 business hours, do: remind}\n"
        "  - {after: 1 business day, do: reassign}\n"
    )
    remind, reassign = promised(policy, "accept", seoul(22, 10), short).actions

    assert remind.at == reassign.at


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("60 business minutes", "60 business minutes"),
        ("1 Business  hour", "1 business hour"),
        ("4h", None),
        ("2 business days", "2 business days"),
        ("30 minutes", "30 minutes"),
        ("1 week", "1 week"),
        ("0 minutes", None),
        ("1 business week", None),
        ("", None),
        (5, None),
    ],
)
def test_a_span_is_read_and_written_back_the_same(written: object, read: str | None) -> None:
    """The policy is stored as JSON; what is no span is refused."""
    if read is None:
        with pytest.raises(ValueError, match=r"is no|unknown unit"):
            parse_clock_span(written)
    else:
        span = parse_clock_span(written)
        assert str(span) == read
        assert parse_clock_span(str(span)) == span
        assert parse_delay(str(span)) == span
    assert parse_delay("0 business minutes") == ClockSpan(None)


def test_the_shipped_policy_survives_storing() -> None:
    """It is kept as JSON in its version."""
    stored = json.loads(json.dumps(sla().model_dump(mode="json", by_alias=True)))

    assert SlaPolicy.model_validate(stored) == sla()


@pytest.mark.parametrize(
    ("was", "written", "problem"),
    [
        ("pilot: false", "pilot: soon", "5:8: this must be true or false"),
        ("pilot: false\n", "", "'pilot:' is missing here"),
        ("mqls_a_month: 120", "mqls_a_month: -1", "7:17: "),
        (
            "60 business minutes",
            "60 busines minutes",
            "10:18: unknown unit 'busines minutes'. Did you mean 'business minutes'?",
        ),
        (
            "60 business minutes",
            "0 business minutes",
            "10:18: '0 business minutes' is no time at all.",
        ),
        ("60 business minutes", "soon", "10:18: 'soon' is no span of time."),
        (
            "calls_in_first_week",
            "calls_in_frist_week",
            "12:3: unknown key 'calls_in_frist_week'. Did",
        ),
        (
            "0 minutes, do: remind",
            "0 minutes, do: remnd",
            "17:28: 'remnd' is not known here. Did you mean 'remind'?",
        ),
        (
            "30 business minutes, do",
            "30 minutes, do",
            "19:13: '4 business hours' can't be put in order",
        ),
        (
            "4 business hours, do",
            "4 business minutes, do",
            "19:13: this comes after the action before it",
        ),
        (
            "30 business minutes, do: reassign",
            "0 minutes, do: remind",
            "18:28: 'remind' is here twice",
        ),
    ],
)
def test_a_mistake_is_named_with_its_mend(was: str, written: str, problem: str) -> None:
    """An action that never comes is found when the file is published, not at the first breach."""
    assert was in SHIPPED
    problems = [
        str(found).removeprefix("s.yaml:")
        for found in read_policy(SHIPPED.replace(was, written), "s.yaml")[1]
    ]

    assert [line for line in problems if problem in line], problems
