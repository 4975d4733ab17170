"""When a rep is busy by a calendar of their own: a time that is taken must never be offered."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.meetings.busy_calendar import BadCalendar, merged, read_busy

BERLIN = ZoneInfo("Europe/Berlin")
SINCE, UNTIL = datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)
WEEKLY = "DTSTART;TZID=Europe/Berlin:20250107T090000\nDTEND;TZID=Europe/Berlin:20250107T100000\n"


def busy(*events: str, kind: str = "VEVENT") -> list[str]:
    """When these events take up time, as ``day hour-hour`` in UTC."""
    inside = "\n".join(
        f"BEGIN:{kind}\nDTSTAMP:20250101T000000Z\n{one}\nEND:{kind}" for one in events
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inside}\nEND:VCALENDAR\n".replace(
        "\n", "\r\n"
    )
    found = merged(read_busy(text.encode(), SINCE, UNTIL, BERLIN).entries)
    return [f"{begins:%m-%d %H:%M}/{ends:%m-%d %H:%M}" for begins, ends in found]


@pytest.mark.parametrize(
    ("event", "taken"),
    [
        ("UID:1\nDTSTART:20260324T080000Z\nDTEND:20260324T090000Z", ["03-24 08:00/03-24 09:00"]),
        ("UID:1\nDTSTART:20260324T080000\nDURATION:PT30M", ["03-24 07:00/03-24 07:30"]),
        # A day, in the zone of the rep; two of them over the change of the clocks.
        ("UID:1\nDTSTART;VALUE=DATE:20260324", ["03-23 23:00/03-24 23:00"]),
        (
            "UID:1\nDTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330",
            ["03-27 23:00/03-29 22:00"],
        ),
        ("UID:1\nDTSTART:20260324T080000Z\nDTEND:20260324T090000Z\nSTATUS:CANCELLED", []),
        ("UID:1\nDTSTART:20260324T080000Z\nDTEND:20260324T090000Z\nTRANSP:TRANSPARENT", []),
        (
            "UID:1\nDTSTART:20260324T080000Z\nDTEND:20260324T090000Z\n"
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            [],
        ),
        ("UID:1\nDTSTART:20300324T080000Z\nDTEND:20300324T090000Z", []),
        # Nine o'clock stays nine o'clock after the change on 29 March; one Tuesday is left out.
        (
            f"UID:1\n{WEEKLY}RRULE:FREQ=WEEKLY",
            ["03-24 08:00/03-24 09:00", "03-31 07:00/03-31 08:00"],
        ),
        (
            f"UID:1\n{WEEKLY}RRULE:FREQ=WEEKLY\nEXDATE:20260324T080000Z",
            ["03-31 07:00/03-31 08:00"],
        ),
        (f"UID:1\n{WEEKLY}RRULE:FREQ=WEEKLY;UNTIL=20260325T000000Z", ["03-24 08:00/03-24 09:00"]),
        (f"UID:1\n{WEEKLY}RRULE:FREQ=WEEKLY;COUNT=64", ["03-24 08:00/03-24 09:00"]),
        (f"UID:1\n{WEEKLY}RRULE:FREQ=MONTHLY;BYDAY=-1TU", ["03-31 07:00/03-31 08:00"]),
        # Fits no day: neither for ever, nor at all.
        (f"UID:1\n{WEEKLY}RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", []),
        (
            f"UID:1\n{WEEKLY}RDATE;TZID=Europe/Berlin:20260325T140000",
            ["03-25 13:00/03-25 14:00"],
        ),
    ],
)
def test_what_an_event_takes_up(event: str, taken: list[str]) -> None:
    assert busy(event) == taken


def test_one_time_of_a_series_that_was_moved_frees_its_own() -> None:
    """The old time would stay taken, or the new one be offered."""
    series = f"UID:1\n{WEEKLY}RRULE:FREQ=WEEKLY"
    moved = (
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20260324T090000\n"
        "DTSTART;TZID=Europe/Berlin:20260324T150000\nDTEND;TZID=Europe/Berlin:20260324T160000"
    )
    assert busy(series, moved) == ["03-24 14:00/03-24 15:00", "03-31 07:00/03-31 08:00"]


def test_free_busy_times_count_and_what_overlaps_is_one() -> None:
    listed = (
        "UID:1\nFREEBUSY:20260324T080000Z/20260324T090000Z,20260324T083000Z/PT2H\n"
        "FREEBUSY;FBTYPE=FREE:20260325T080000Z/20260325T090000Z\n"
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260326T080000Z/20260326T090000Z"
    )
    assert busy(listed, kind="VFREEBUSY") == ["03-24 08:00/03-24 10:30", "03-26 08:00/03-26 09:00"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Sign in</html>",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\r\n",
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{WEEKLY}RRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR".encode(),
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{WEEKLY}RRULE:FREQ=DAILY;INTERVAL=0\nEND:VEVENT\n"
        "END:VCALENDAR".encode(),
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:19700101T000000Z\nDTEND:19700101T000001Z\n"
        b"RRULE:FREQ=MINUTELY\nEND:VEVENT\nEND:VCALENDAR",
    ],
)
def test_what_is_no_calendar_or_never_ends_is_said_to_be(content: bytes) -> None:
    """A worker would reckon for ever, or a rep believe that nothing is taken."""
    with pytest.raises(BadCalendar):
        read_busy(content, SINCE, UNTIL, BERLIN)


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "Eastern Standard Time",
        "/mozilla.org/20050126_1/America/New_York",
        '"(UTC-05:00) Eastern Time (US & Canada)"',
    ],
)
def test_a_zone_is_understood_as_programs_name_it(zone: str) -> None:
    """Else the time is taken in the zone of the rep, and another one offered."""
    event = f"UID:1\nDTSTART;TZID={zone}:20260324T080000\nDURATION:PT30M"
    assert busy(event) == ["03-24 12:00/03-24 12:30"]


@pytest.mark.parametrize(
    "broken",
    [
        "UID:2\nDTSTART:2026-03-24 08:00\nDURATION:PT1H",
        "UID:2\nDTSTART:20260325T080000Z\nDURATION:PT1H\nRRULE:FREQ=FORTNIGHTLY",
        "UID:2\nDTSTART:20260325T080000Z\nDURATION:1 hour",
        "UID:2\nDTSTART:20260325T080000Z\nDTEND:never",
        "UID:2\nRECURRENCE-ID:yesterday\nDTSTART:20260325T080000Z\nDTEND:20260399T080000Z",
        "UID:2\nDTSTART:20260325T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nEXDATE:x",
        "UID:2\nDTSTART:20260325T080000Z\nDURATION:PT1H\nRDATE:99999999",
    ],
)
def test_one_broken_entry_costs_nobody_the_others(broken: str) -> None:
    """It ended the task that reads the calendars of all reps."""
    event = "UID:1\nDTSTART:20260324T080000Z\nDURATION:PT1H"
    text = "".join(f"BEGIN:VEVENT\n{one}\nEND:VEVENT\n" for one in (event, broken))
    content = f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n".replace("\n", "\r\n").encode()
    found = read_busy(content, SINCE, UNTIL, BERLIN)
    assert found.unread == 1
    assert found.entries[0].begins_at == datetime(2026, 3, 24, 8, tzinfo=UTC)


CALENDAR = (
    f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{WEEKLY}RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=200\n"
    "EXDATE;TZID=Europe/Berlin:20260324T090000\nEND:VEVENT\nBEGIN:VFREEBUSY\n"
    "FREEBUSY;FBTYPE=BUSY:20260325T100000Z/PT2H\nEND:VFREEBUSY\nEND:VCALENDAR\n"
)


@given(
    at=st.integers(0, len(CALENDAR) - 1),
    length=st.integers(0, 12),
    put=st.text("0123456789TZ;:=,/-+\n\r ABEXRD\x00é", max_size=8),
)
def test_no_damage_ends_the_reading(at: int, length: int, put: str) -> None:
    """Whoever has an address entered there chooses the bytes that come from it."""
    with suppress(BadCalendar):
        read_busy((CALENDAR[:at] + put + CALENDAR[at + length :]).encode(), SINCE, UNTIL, BERLIN)
