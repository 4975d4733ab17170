"""The demo slows down for whoever wants to try it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from demo.screen import print_desks
from demo.trial import Desk, afternoon
from domain.time.business_time import BusinessCalendar, ClosedRange
from settings import Clock

EPOCH = datetime(2026, 3, 2, 8, tzinfo=UTC)
BERLIN = BusinessCalendar(
    time_zone="Europe/Berlin",
    closed=(ClosedRange.model_validate({"from": "2026-12-28", "to": "2026-12-30", "why": "-"}),),
)


def test_a_slowed_clock_goes_on_from_the_journey_time_that_was_reached() -> None:
    """Were it to fall back to today, deadlines would lie a year ahead."""
    slow = Clock(EPOCH, 1.0, EPOCH + timedelta(days=300))
    assert slow.journey_time(EPOCH + timedelta(minutes=1)) == EPOCH + timedelta(days=300, minutes=1)


def test_it_is_afternoon_on_a_day_on_which_the_team_works_as_on_the_next() -> None:
    """At night or before a holiday, nothing that waits could be met, and nobody booked."""
    friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
    assert afternoon(BERLIN, friday) == datetime(2026, 3, 9, 12, 15, tzinfo=UTC)
    between_the_years = datetime(2026, 12, 27, 9, tzinfo=UTC)
    assert afternoon(BERLIN, between_the_years) == datetime(2026, 12, 31, 12, 15, tzinfo=UTC)


def test_piped_words_stay_within_80_columns_and_links_stay_whole() -> None:
    """A link that is broken in two signs nobody in; a line of 200 columns is no line to read."""
    file = io.StringIO()
    link = f"http://127.0.0.1:8080/enter/{'x' * 43}?next=/console/inbox"
    print_desks(
        Console(file=file, width=80), [Desk("SDR", "Hana", link)], [], 12, Path("environment")
    )
    lines = file.getvalue().splitlines()
    assert link in lines
    assert all(len(line) <= 80 for line in lines if line != link)
    assert "12 leads rest in the recycle pool" in " ".join(lines)
