"""Business time: an SLA clock that is wrong blames a rep for the night, or for a holiday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.authoring.yaml_source import validate
from domain.time.business_time import BusinessCalendar, CalendarShut
from domain.time.calendar_fields import Week
from domain.time.window import WEEKDAYS, holidays_of

MINUTE = timedelta(minutes=1)
ZONES = ["America/New_York", "Asia/Seoul", "Europe/Berlin", "Pacific/Chatham"]
WEEKS = [
    datetime(2026, 3, 5, tzinfo=UTC),  # New York skips an hour on Sunday 8 March
    datetime(2026, 3, 26, tzinfo=UTC),  # Berlin skips an hour on Sunday 29 March
    datetime(2026, 4, 1, tzinfo=UTC),  # Good Friday, Easter; Chatham repeats an hour on 5 April
    datetime(2026, 9, 22, tzinfo=UTC),  # Chuseok; Chatham skips an hour on 27 September
    datetime(2026, 10, 22, tzinfo=UTC),  # Berlin repeats an hour on Sunday 25 October
    datetime(2026, 10, 29, tzinfo=UTC),  # New York repeats an hour on Sunday 1 November
    datetime(2026, 12, 29, tzinfo=UTC),  # New Year, at which the years of the index meet
]


def calendar(**fields: object) -> BusinessCalendar:
    return BusinessCalendar.model_validate(fields)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def openings(bounds: set[int]) -> list[str]:
    """Openings of a day from minutes of it, the first and second, third and fourth …"""
    minutes = sorted(bounds)
    return [
        f"{clock(start)}-{clock(end)}"
        for start, end in zip(minutes[::2], minutes[1::2], strict=False)
    ]


# Often around the clock changes, which come at night.
minutes_of_day = st.integers(0, 48).map(lambda half: half * 30) | st.integers(0, 300)
days = st.sets(minutes_of_day, min_size=2, max_size=6).map(openings)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), days, min_size=1, max_size=7)
calendars = st.builds(
    lambda zone, hours, country, extra, closed: calendar(
        time_zone=zone,
        hours=hours,
        holidays=country,
        extra_holidays={str(day): "off" for day in extra},
        closed=[{"from": str(day), "to": str(day + timedelta(days=1))} for day in closed],
    ),
    st.sampled_from(ZONES),
    weeks | st.just({day: ["00:00-24:00"] for day in WEEKDAYS}),
    st.sampled_from(["", "KR", "US", "DE", "NZ"]),
    st.sets(st.sampled_from([week.date() + timedelta(days=2) for week in WEEKS]), max_size=2),
    st.lists(st.sampled_from([week.date() + timedelta(days=4) for week in WEEKS]), max_size=1),
)
instants = st.builds(
    lambda week, minutes: week + minutes * MINUTE, st.sampled_from(WEEKS), st.integers(0, 6 * 1440)
)
stretches = st.builds(
    lambda week, first, second: (
        week + min(first, second) * MINUTE,
        week + max(first, second) * MINUTE,
    ),
    st.sampled_from(WEEKS),
    st.integers(0, 6 * 1440),
    st.integers(0, 6 * 1440),
)


def works(team: BusinessCalendar, at: datetime) -> bool:
    """By the clock and the calendar on the team's wall."""
    wall = at.astimezone(ZoneInfo(team.time_zone))
    day = wall.date()
    return (
        any(start <= wall.hour * 60 + wall.minute < end for start, end in team.hours[day.weekday()])
        and day not in holidays_of(team.holidays, day.year)
        and day not in dict(team.extra_holidays)
        and not any(closure.first <= day <= closure.last for closure in team.closed)
    )


def minutes_of_work(team: BusinessCalendar, a: datetime, b: datetime) -> Iterator[datetime]:
    """Every minute from ``a`` to ``b`` at which the team works, one after the other."""
    while a < b:
        if works(team, a):
            yield a
        a += MINUTE


@settings(max_examples=60)
@given(calendars, stretches)
def test_as_much_time_passes_as_a_count_of_the_minutes_says(
    team: BusinessCalendar, stretch: tuple[datetime, datetime]
) -> None:
    """A skipped hour counted, or a holiday forgotten, breaks a promise that was kept."""
    a, b = stretch
    counted = list(minutes_of_work(team, a, b))

    assert team.minutes_between(a, b) == len(counted)
    assert team.minutes_between(b, a) == -len(counted)
    assert all(team.is_open(minute) for minute in counted[:: max(1, len(counted) // 50)])
    assert team.is_open(a) is works(team, a)
    if counted:
        assert team.next_open(a) == counted[0]
        assert team.add(a, len(counted)) == counted[-1] + MINUTE
        assert team.add(a, 1) == counted[0] + MINUTE


@given(calendars, instants, st.integers(0, 4000), st.integers(0, 4000))
def test_adding_twice_is_adding_once_and_later_never_comes_sooner(
    team: BusinessCalendar, start: datetime, first: int, second: int
) -> None:
    """A clock that is stopped and goes on must come out where one that ran through does."""
    week = sum(end - start for day in team.hours for start, end in day)
    # Up to forty weeks each, so that both new year and the clock changes are crossed.
    first, second = 1 + first * week // 100, second * week // 100
    due = team.add(start, first)

    assert due.utcoffset() == timedelta()
    assert team.add(due, second) == team.add(start, first + second)
    assert team.add(start + MINUTE, first) >= due
    assert team.add(start, first + 1) > due
    assert team.minutes_between(start, due) == first
    assert team.minutes_between(start, due - timedelta(seconds=1)) < first


@given(calendars, instants, instants, st.integers(0, 10_000))
def test_what_passed_leads_back_to_where_it_was_read(
    team: BusinessCalendar, a: datetime, b: datetime, between: int
) -> None:
    """What is shown as used and as left of a promise adds up, to the second."""
    a, b = min(a, b), max(a, b) + timedelta(seconds=between % 60, microseconds=between)
    middle = a + (b - a) * (between / 10_000)
    passed = team.minutes_between(a, b)

    # When the team was away in the end, or only came then, the time had passed earlier.
    assert team.add(a, passed) <= b
    if team.is_open(b - timedelta.resolution):
        assert team.add(a, passed) == b
    whole = team.minutes_between(a, middle) + team.minutes_between(middle, b)
    assert whole == pytest.approx(passed, abs=1e-6)


@given(calendars, instants, st.integers(1, 30))
def test_working_days_are_counted_one_by_one(
    team: BusinessCalendar, start: datetime, days_later: int
) -> None:
    """A promise of two working days must not end on a holiday."""
    due = team.add_days(start, days_later)
    opened = team.next_open(start)
    local_zone = ZoneInfo(team.time_zone)
    first, last = opened.astimezone(local_zone).date(), due.astimezone(local_zone).date()
    between = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days + 1)]
    worked = [day for day in between if team.works_on(day)]

    assert team.is_open(due)
    # The same time of day may lie behind the hours of a shorter day: then it is the next opening.
    assert days_later <= len(worked)
    if due.astimezone(local_zone).time() == opened.astimezone(local_zone).time():
        assume(len(worked) == days_later)
        assert worked[-1] == last


SEOUL = calendar(
    time_zone="Asia/Seoul", hours={"mon-fri": ["09:00-12:00", "13:00-18:00"]}, holidays="KR"
)
NIGHT_SHIFT = calendar(time_zone="America/New_York", hours={"mon-sun": "01:00-04:00"})


def seoul(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in September 2026, of which 24 and 25 are Chuseok, a Thursday and a Friday."""
    return datetime(2026, 9, day, hour, minute, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (seoul(22, 10), 60, seoul(22, 11)),
        (seoul(22, 11, 30), 60, seoul(22, 13, 30)),
        (seoul(22, 17), 60, seoul(22, 18)),
        (seoul(22, 17, 30), 60, seoul(23, 9, 30)),
        (seoul(23, 17, 30), 60, seoul(28, 9, 30)),
        (seoul(26, 3), 1, seoul(28, 9, 1)),
        (seoul(26, 3), 0, seoul(26, 3)),
    ],
)
def test_a_promise_runs_over_lunch_night_weekend_and_chuseok(
    start: datetime, minutes: int, due: datetime
) -> None:
    """What a rep in Seoul sees as due."""
    assert SEOUL.add(start, minutes) == due


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 2), (date(2026, 11, 1), 4)])
def test_an_opening_over_a_clock_change_lasts_as_long_as_people_sat_there(
    day: date, hours: int
) -> None:
    """On 8 March the night shift is an hour short, on 1 November it sits one hour twice."""
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("America/New_York"))
    end = begin.replace(hour=12)

    assert NIGHT_SHIFT.minutes_between(begin, end) == hours * 60
    assert NIGHT_SHIFT.add(begin, hours * 60) == begin.replace(hour=4)


def test_two_times_of_one_zone_are_told_apart_in_the_hour_that_comes_twice() -> None:
    """By the wall, half past one is half past one; an hour passed."""
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))

    assert NIGHT_SHIFT.minutes_between(first, first.replace(fold=1)) == 60


def test_a_calendar_that_is_shut_for_good_says_so() -> None:
    """A journey must not look for an opening for ever."""
    years = [{"from": f"{year}-01-01", "to": f"{year}-12-31"} for year in range(2026, 2060)]
    shut = calendar(closed=years)

    for ask in (shut.next_open, lambda at: shut.add(at, 1), lambda at: shut.add_days(at, 1)):
        with pytest.raises(CalendarShut):
            ask(datetime(2026, 6, 1, tzinfo=UTC))


def test_short_days_and_a_stretch_over_the_weekend_are_written_as_people_say_them() -> None:
    """The policy is stored as JSON and must come back the same."""
    team = calendar(hours={"sat-mon": "10:00-14:00", "wed": ["22:00-24:00"]})

    assert [bool(day) for day in team.hours] == [True, False, True, False, False, True, True]
    assert BusinessCalendar.model_validate(team.model_dump(mode="json")) == team
    week: Week = BusinessCalendar().hours
    assert [len(day) for day in week] == [1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("time_zone: KST", "1:12: there is no time zone 'KST'. Write Asia/Seoul"),
        ("time_zone: Mars/Base", "1:12: there is no time zone 'Mars/Base'. Write its IANA name"),
        ("hours: {}", "1:8: this must be days with openings"),
        ("hours: {mon: []}", "1:8: this team is never open."),
        ("hours: {mno: 09:00-18:00}", "1:14: unknown day 'mno'. Did you mean 'mon'?"),
        ("hours: {mon-fri: 9-18}", "1:18: '9-18' is no opening. Write when it begins"),
        ("hours:\n  mon: [09:00-12:00, 11:00-13:00]", "2:22: '11:00-13:00' begins before"),
        ("hours: {mon: 18:00-09:00}", "1:14: '18:00-09:00' ends before it begins."),
        ("hours: {mon: 18:00-25:00}", "1:14: '18:00-25:00' is not within a day."),
        ("hours: {mon-fri: 09:00-12:00, fri: 09:00-10:00}", "1:36: 'fri' is here twice."),
        ("holidays: Korea", "1:11: the holidays of 'Korea' are not known. Write KR"),
        ("holidays: QQ", "1:11: the holidays of 'QQ' are not known. Write a country code"),
        ("extra_holidays: {2026-02-30: a}", "1:30: '2026-02-30' is no day."),
        ("extra_holidays: {2026-02-03: }", "1:29: name this day"),
        ("closed: [{from: 2026-02-03}]", "1:10: 'to:' is missing here"),
        (
            "closed:\n  - {from: 2026-02-03, to: 2026-02-01}",
            "2:28: this ends on 2026-02-01, before",
        ),
        ("closed: [{from: 2026-02-03, to: 2029-02-01}]", "1:33: nobody closes for more than"),
        ("closed: [{from: soon, to: 2029-02-01}]", "1:17: 'soon' is no day."),
        ("hors: 3", "1:1: unknown key 'hors'. Did you mean 'hours'?"),
    ],
)
def test_a_mistake_in_a_calendar_is_named_with_its_mend(text: str, problem: str) -> None:
    """Read by who writes the team file."""
    problems = [str(found).removeprefix("x:") for found in validate(BusinessCalendar, text, "x")[1]]

    assert [line for line in problems if line.startswith(problem)], problems


def test_time_is_not_added_backwards() -> None:
    """A negative span would be a promise that was broken before it was given."""
    with pytest.raises(ValueError, match="forwards"):
        SEOUL.add(seoul(22, 10), -1)
    with pytest.raises(ValidationError):
        calendar(closed="soon")
