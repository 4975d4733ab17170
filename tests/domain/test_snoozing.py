"""Which times a task may be put off to: one that is offered and then refused helps nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.tasks.snoozing import times_to_snooze

SEOUL = ZoneInfo("Asia/Seoul")
TUESDAY = datetime(2026, 5, 5, 1, 2, tzinfo=UTC)  # 10:02 in Seoul


def test_times_are_those_of_who_puts_it_off_and_none_is_beyond_the_deadline() -> None:
    offered = times_to_snooze(TUESDAY, TUESDAY + timedelta(days=1), SEOUL)

    assert [f"{at.astimezone(SEOUL):%a %H:%M}" for at in offered] == [
        "Tue 10:35",
        "Tue 11:05",
        "Tue 13:05",
        "Tue 14:00",
        "Wed 09:00",
    ]


def test_on_a_sunday_the_next_monday_is_tomorrow() -> None:
    sunday = datetime(2026, 5, 10, 12, tzinfo=UTC)

    offered = times_to_snooze(sunday, sunday + timedelta(days=9), UTC)

    assert [f"{at:%a %d %H:%M}" for at in offered][-2:] == ["Mon 11 09:00", "Mon 11 14:00"]


def test_what_is_due_in_a_moment_can_not_be_put_off() -> None:
    assert times_to_snooze(TUESDAY, TUESDAY + timedelta(minutes=4), SEOUL) == []
