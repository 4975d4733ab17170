"""Times at the terminal: a meeting at the wrong hour is a no-show of our own making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.errors import UserError
from cli.times import parse_day, parse_time, shown_time

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04 10:00", datetime(2026, 5, 4, 1, 0, tzinfo=UTC)),
        ("2026-05-04T10:00+02:00", datetime(2026, 5, 4, 8, 0, tzinfo=UTC)),
        ("+2 days", NOW + timedelta(days=2)),
        ("+ 30 minutes", NOW + timedelta(minutes=30)),
    ],
)
def test_a_time_is_read_in_the_lead_s_own_zone_unless_it_says_otherwise(
    text: str, expected: datetime
) -> None:
    assert parse_time(text, "Asia/Seoul", NOW) == expected


@pytest.mark.parametrize("text", ["someday", "+soon", "2026-13-01 10:00", ""])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match=r"write|Write"):
        parse_time(text, "UTC", NOW)


def test_a_time_is_shown_as_near_as_it_is() -> None:
    assert shown_time(NOW, NOW, "Asia/Seoul") == "today 17:00 KST"
    assert shown_time(NOW + timedelta(days=3), NOW) == "Mon 08:00 UTC"
    assert shown_time(NOW + timedelta(days=90), NOW) == "30 Jul 2026 08:00 UTC"


def test_a_weekday_means_the_coming_one_only() -> None:
    """Else "Fri 08:00" of a task that was due last week reads as today, or next week."""
    assert shown_time(NOW + timedelta(days=6), NOW) == "Thu 08:00 UTC"
    assert shown_time(NOW + timedelta(days=6, hours=15), NOW) == "Thu 23:00 UTC"
    assert shown_time(NOW + timedelta(days=7), NOW) == "08 May 2026 08:00 UTC"
    assert shown_time(NOW - timedelta(days=1), NOW) == "30 Apr 2026 08:00 UTC"


def test_a_day_that_its_month_does_not_have_is_named() -> None:
    """Told the format is wrong, people look for the mistake everywhere but in the day."""
    with pytest.raises(UserError, match=r"--at 2026-11-31 10:00: November 2026 has 30 days\."):
        parse_time("2026-11-31 10:00", "UTC", NOW)
    with pytest.raises(UserError, match=r"--until 2027-02-29: February 2027 has 28 days\."):
        parse_day("2027-02-29", "--until")


@pytest.mark.parametrize("text", ["0001-06-01", "9999-12-31"])
def test_a_year_with_which_nothing_can_be_reckoned_is_refused(text: str) -> None:
    """A report of the year before it ended in a traceback, and so did the same day elsewhere."""
    with pytest.raises(UserError, match="the year must be from 1970 to 2200"):
        parse_day(text, "--to")
    with pytest.raises(UserError, match="the year must be from 1970 to 2200"):
        parse_time(f"{text} 10:00", "Asia/Seoul", NOW)
