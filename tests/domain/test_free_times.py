"""Free times: an hour offered that the rep does not have is a lead left waiting in a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.meetings.free_times import is_free, next_free, open_slots
from domain.time.business_time import BusinessCalendar

BERLIN = BusinessCalendar.model_validate(
    {
        "time_zone": "Europe/Berlin",
        "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]},
        "holidays": "DE",
    }
)
HALF = timedelta(minutes=30)


def berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


def test_meetings_that_touch_do_not_overlap() -> None:
    ten = berlin(2, 10)
    busy = [(ten, ten + HALF)]
    assert is_free(ten - HALF, ten, busy)
    assert is_free(ten + HALF, ten + 2 * HALF, busy)
    assert not is_free(ten + HALF / 2, ten + HALF, busy)


def test_slots_lie_in_the_reps_hours_and_the_leads_day() -> None:
    """New York's nine o'clock is Berlin's two in the afternoon while only America has changed its
    clocks, from 8 to 29 March 2026."""
    now = berlin(10, 12)
    found = open_slots(now, "America/New_York", "US", [], BERLIN)
    first = next(iter(found.values()))
    assert [f"{slot:%H:%M}" for slot in first] == [
        "09:00", "09:30", "10:00", "10:30", "11:00", "11:30",
    ]  # fmt: skip
    later = open_slots(berlin(30, 12), "America/New_York", "US", [], BERLIN)
    assert [f"{slot:%H:%M}" for slot in next(iter(later.values()))][-1] == "10:30"


def test_good_friday_and_easter_monday_are_not_offered() -> None:
    found = open_slots(berlin(1, 12, month=4), "Europe/London", "GB", [], BERLIN)
    assert [day.isoformat() for day in found][:2] == ["2026-04-02", "2026-04-07"]


def test_a_lead_on_the_other_side_of_the_world_is_offered_its_evening() -> None:
    """Seoul has left the office when Berlin comes; nothing to choose would be worse."""
    found = open_slots(berlin(10, 12), "Asia/Seoul", "KR", [], BERLIN)
    assert f"{next(iter(found.values()))[0]:%H:%M}" == "17:00"


def test_the_next_free_times_skip_lunch_nights_and_what_is_taken() -> None:
    ten = berlin(27, 11)
    busy = [(ten, ten + 2 * HALF)]
    # Friday; the clocks go forward on Sunday.
    found = next_free(BERLIN, busy, berlin(27, 11, 10), 60, count=6)
    assert [one.astimezone(ZoneInfo("Europe/Berlin")) for one in found[:4]] == [
        berlin(27, 13), berlin(27, 13, 30), berlin(27, 14), berlin(27, 14, 30),
    ]  # fmt: skip
    assert found[0].tzinfo is UTC
    monday = next_free(BERLIN, [], berlin(27, 17), 30, count=1)
    assert monday == [berlin(30, 9)]


def test_a_meeting_longer_than_any_opening_has_no_free_time() -> None:
    assert next_free(BERLIN, [], berlin(2, 9), 300) == []
