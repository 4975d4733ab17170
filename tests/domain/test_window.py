"""Send windows: a wrong one mails people at night, on holidays, or never."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.time.window import (
    WEEKDAYS,
    SendWindow,
    Weekday,
    add_business_days,
    is_holiday,
    is_open,
    next_opening,
    weekend_of,
)

OFFICE = SendWindow()
ZONES = [
    "UTC",
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kathmandu",
]
CLOCK_CHANGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York skips 02:00 to 03:00
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York repeats 01:00 to 02:00
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin skips 02:00 to 03:00
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Berlin repeats 02:00 to 03:00
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe repeats half an hour
    datetime(2026, 4, 23, 22, tzinfo=UTC),  # Cairo skips midnight
    datetime(2026, 10, 29, 21, tzinfo=UTC),  # Cairo repeats the hour before midnight
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo skips midnight
    datetime(2010, 11, 7, 2, 31, tzinfo=UTC),  # St John's goes back over midnight at 00:01
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia skips a whole day
]


def window(start: int, end: int, days: tuple[str, ...], skip_holidays: bool) -> SendWindow:
    return SendWindow.model_validate(
        {
            "days": days,
            "from": f"{start // 60:02}:{start % 60:02}",
            "to": f"{end // 60:02}:{end % 60:02}",
            "skip_holidays": skip_holidays,
        }
    )


windows = st.builds(
    lambda bounds, days, skip: window(min(bounds), max(bounds), tuple(sorted(days)), skip),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1]),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    st.booleans(),
)
near_changes = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-3000, 600),
)


@given(windows, near_changes, st.sampled_from(ZONES))
def test_the_next_opening_is_the_first_open_minute_of_a_scan(
    open_hours: SendWindow, at: datetime, time_zone: str
) -> None:
    """A clock change that is got wrong delays a mail by a day or sends it at night."""
    opening = next_opening(open_hours, at, time_zone, "")

    assert is_open(open_hours, opening, time_zone, "")
    assert opening.utcoffset() == timedelta()
    scanned = at
    while not is_open(open_hours, scanned, time_zone, ""):
        scanned += timedelta(minutes=1)
        assume(scanned < at + timedelta(days=3))
    assert opening == scanned


@given(windows, near_changes, st.sampled_from(ZONES))
def test_a_window_is_open_by_the_clock_on_the_leads_wall(
    open_hours: SendWindow, at: datetime, time_zone: str
) -> None:
    """What a lead sees on the clock decides, before, in and after a clock change."""
    wall = at.astimezone(ZoneInfo(time_zone))
    inside = open_hours.start <= wall.hour * 60 + wall.minute < open_hours.end

    expected = inside and WEEKDAYS[wall.weekday()] in open_hours.days
    assert is_open(open_hours, at, time_zone, "") is expected


@given(
    windows,
    st.builds(
        lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds),
        st.integers(0, 15 * 365 * 86400),
    ),
    st.sampled_from(ZONES),
    st.sampled_from(["", "KR", "DE", "US", "JP", "XX"]),
)
def test_every_window_opens_within_weeks_and_never_on_a_skipped_holiday(
    open_hours: SendWindow, at: datetime, time_zone: str, country: str
) -> None:
    """A window that never opened would park a lead for ever."""
    opening = next_opening(open_hours, at, time_zone, country)

    assert at <= opening < at + timedelta(days=40)
    assert is_open(open_hours, opening, time_zone, country)
    if open_hours.skip_holidays:
        assert not is_holiday(opening.astimezone(ZoneInfo(time_zone)).date(), country)


def test_mail_waits_over_the_weekend_and_the_leads_holiday() -> None:
    """Liberation Day 2025 is a Friday: a Korean lead's mail goes on Monday morning, theirs."""
    thursday_night = datetime(2025, 8, 14, 12, tzinfo=UTC)

    assert next_opening(OFFICE, thursday_night, "Asia/Seoul", "KR") == datetime(
        2025, 8, 18, 0, tzinfo=UTC
    )
    assert next_opening(OFFICE, thursday_night, "Asia/Seoul", "DE") == datetime(
        2025, 8, 15, 0, tzinfo=UTC
    )


def test_an_open_window_lets_mail_go_at_once_to_the_second() -> None:
    """A due mail must not lose the seconds it already waited."""
    at = datetime(2026, 6, 3, 10, 30, 15, 250, tzinfo=UTC)

    assert next_opening(OFFICE, at, "UTC", "") == at


@pytest.mark.parametrize("time_zone", ["Mars/Olympus", "", "../etc/passwd", "America", "a\0b"])
def test_an_unknown_time_zone_counts_as_utc(time_zone: str) -> None:
    """One bad import row must not stop a journey."""
    assert is_open(OFFICE, datetime(2026, 6, 3, 10, tzinfo=UTC), time_zone, "ZZ")


@pytest.mark.parametrize("country", ["", "XX", "kr", "Korea", "🇰🇷"])
def test_an_unknown_country_has_no_holidays(country: str) -> None:
    """One bad import row must not stop a journey."""
    assert not is_holiday(date(2026, 1, 1), country)


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ({"days": []}, "has no days"),
        ({"from": "17:00", "to": "09:00"}, "can't cross midnight"),
        ({"from": "09:00", "to": "09:00"}, "the minute it opens"),
        ({"from": "25:00"}, "is not a time of day"),
        ({"from": 9}, "is not a time of day"),
    ],
)
def test_a_window_that_can_never_open_is_refused(wrong: dict[str, object], fix: str) -> None:
    """Marketing learns at lint time, not when no mail ever went."""
    with pytest.raises(ValidationError, match=fix):
        SendWindow.model_validate(wrong)


def test_a_window_may_last_to_the_end_of_the_day() -> None:
    """24:00 is how the whole day is written."""
    whole_day = window(0, 1440, WEEKDAYS, False)

    assert is_open(whole_day, datetime(2026, 6, 3, 23, 59, 59, tzinfo=UTC), "UTC", "")
    assert SendWindow.model_validate(whole_day.model_dump(mode="json")) == whole_day


def test_business_days_skip_weekends_and_holidays_and_keep_the_time_of_day() -> None:
    """Two business days before Chuseok must not fall into it."""
    thursday = datetime(2025, 10, 2, 1, 30, tzinfo=UTC)  # Thursday 10:30 in Seoul

    assert add_business_days(thursday, 1, "Asia/Seoul", "KR") == datetime(
        2025, 10, 10, 1, 30, tzinfo=UTC
    )
    assert add_business_days(thursday, 2, "Asia/Seoul", "") == datetime(
        2025, 10, 6, 1, 30, tzinfo=UTC
    )
    before_the_change = datetime(2026, 3, 27, 9, tzinfo=UTC)  # Friday 10:00 in Berlin
    assert add_business_days(before_the_change, 1, "Europe/Berlin", "DE") == datetime(
        2026, 3, 30, 8, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("country", "works", "rests"),
    [
        ("SA", "sun", ("fri", "sat")),
        ("EG", "sun", ("fri", "sat")),
        ("IL", "sun", ("fri", "sat")),
        ("KW", "sun", ("fri", "sat")),
        ("JO", "sun", ("fri", "sat")),
        ("AE", "fri", ("sat", "sun")),
        ("IR", "thu", ("fri",)),
        ("AF", "sat", ("thu", "fri")),
        ("IN", "sat", ("sun",)),
        ("KR", "fri", ("sat", "sun")),
        ("US", "mon", ("sat", "sun")),
        ("AQ", "fri", ("sat", "sun")),
        ("", "fri", ("sat", "sun")),
        ("korea", "fri", ("sat", "sun")),
    ],
)
def test_a_business_day_is_one_on_which_the_country_works(
    country: str, works: Weekday, rests: tuple[Weekday, ...]
) -> None:
    """Riyadh would be called on its Friday, and left alone on its Sunday."""
    assert weekend_of(country) == {WEEKDAYS.index(day) for day in rests}
    week = [date(2026, 6, 8) + timedelta(days=day) for day in range(7)]
    business = SendWindow(skip_holidays=False)

    assert business.opens_on(week[WEEKDAYS.index(works)], country)
    assert not any(business.opens_on(week[WEEKDAYS.index(day)], country) for day in rests)
    resting = datetime.combine(week[WEEKDAYS.index(rests[0])] - timedelta(days=1), time(9), UTC)
    worked = add_business_days(resting, 1, "UTC", country)
    assert WEEKDAYS[worked.weekday()] not in rests
