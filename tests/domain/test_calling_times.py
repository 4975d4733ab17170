"""When calls fall due: a wrong hour rings a lead at dinner, or a rep's phone on a holiday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.sales.calling_times import Callee, PartOfDay, part_of, slot, turns
from domain.time.business_time import BusinessCalendar
from domain.time.spans import ClockSpan, parse_clock_span
from domain.time.window import SendWindow, is_open

HOURS = SendWindow.model_validate(
    {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00"}
)
LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
SPREAD: list[PartOfDay] = ["morning", "midday", "afternoon"]
# Clocks go forward on Sunday 28 March 2027, between Good Friday and Easter Monday.
TEAM = BusinessCalendar.model_validate(
    {
        "time_zone": "Europe/London",
        "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]},
        "holidays": "GB",
        "extra_holidays": {"2027-03-29": "Easter Monday"},
    }
)


def span(text: str) -> ClockSpan:
    read: ClockSpan = parse_clock_span(text)
    return read


def at(wall: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)


def callee(
    zone: str = "Europe/London", country: str = "GB", team: BusinessCalendar = TEAM
) -> Callee:
    return Callee(HOURS, zone, country, team)


def due(
    began: datetime, gap: str, *, who: Callee | None = None, parts: list[PartOfDay] | None = None
) -> datetime:
    return slot(who or callee(), span(gap), began=began, now=began, turns=parts or ()).at


def test_a_business_day_passes_over_the_easter_holidays_and_the_clock_change() -> None:
    thursday = at("2027-03-25 16:00")
    assert due(thursday, "1 business day") == at("2027-03-30 16:00")


def test_a_business_hour_stands_still_over_lunch_and_holidays() -> None:
    assert due(at("2027-03-25 11:40"), "30 business minutes") == at("2027-03-25 13:10")
    assert due(at("2027-03-25 17:45"), "30 business minutes") == at("2027-03-30 09:15")


def test_the_first_call_is_made_as_soon_as_it_may_be_whatever_the_part_of_the_day() -> None:
    """Waiting for a morning would throw away the minutes that count most."""
    assert turns(SPREAD, 1, None) == ()


def test_each_later_call_goes_to_the_part_of_the_day_after_that_of_the_one_before() -> None:
    assert turns(SPREAD, 2, "morning") == ["midday", "afternoon", "morning"]
    assert turns(SPREAD, 3, "afternoon") == ["morning", "midday", "afternoon"]
    assert turns(SPREAD, 2, "evening") == ["midday", "afternoon", "morning"], "its own turn"


def test_a_gap_in_business_days_leaves_the_hour_to_the_part_of_the_day() -> None:
    """Else a call from the afternoon to the next morning would take a day more than agreed."""
    afternoon = at("2027-03-24 16:00")
    assert due(afternoon, "1 business day", parts=["morning"]) == at("2027-03-25 09:00")
    assert due(at("2027-03-25 09:30"), "1 business day", parts=["afternoon"]) == at(
        "2027-03-30 14:00"
    )


def test_a_part_of_the_day_is_one_on_the_leads_own_clock() -> None:
    new_york = callee("America/New_York", "US")
    # London is only four hours ahead between the two clock changes, and its afternoon is over at
    # 13:00 in New York before the second.
    before, after = (
        due(at("2027-03-23 15:00"), "1 business day", who=new_york, parts=["midday"]),
        due(at("2027-03-30 15:00"), "1 business day", who=new_york, parts=["midday"]),
    )
    assert before == at("2027-03-24 11:00", NEW_YORK)
    assert after == at("2027-03-31 11:00", NEW_YORK)


def test_a_part_of_the_day_in_which_the_team_never_works_is_passed_over() -> None:
    found = slot(
        callee("America/New_York", "US"),
        span("1 business day"),
        began=at("2027-03-30 15:00"),
        now=at("2027-03-30 15:00"),
        turns=["afternoon", "morning"],
    )
    assert (found.part, found.at) == ("morning", at("2027-03-31 09:00", NEW_YORK))


def test_where_lead_and_team_never_meet_the_leads_hours_decide_and_it_is_said() -> None:
    seoul = BusinessCalendar.model_validate({"time_zone": "Asia/Seoul", "holidays": "KR"})
    began = at("2027-03-24 12:00")
    found = slot(
        callee("America/Sao_Paulo", "BR", seoul), span("5 minutes"), began=began, now=began
    )
    assert not found.team_works
    assert found.at.astimezone(ZoneInfo("America/Sao_Paulo")).hour == 9


def test_a_team_on_holiday_is_waited_for() -> None:
    """Holidays are no reason to say that the two never meet."""
    found = slot(
        callee(), span("5 minutes"), began=at("2027-03-25 18:30"), now=at("2027-03-25 18:30")
    )
    assert (found.at, found.team_works) == (at("2027-03-30 09:00"), True)


def test_a_plan_that_is_looked_at_again_counts_its_gap_from_where_it_began() -> None:
    began = at("2027-03-23 10:00")
    later = slot(callee(), span("2 business days"), began=began, now=began + timedelta(hours=20))
    assert later.at == at("2027-03-25 10:00")


def test_a_gap_that_is_over_by_now_makes_the_call_due_at_once_but_not_at_night() -> None:
    began = at("2027-03-23 10:00")
    by_day, by_night = at("2027-03-31 11:00"), at("2027-03-31 23:00")
    assert slot(callee(), span("1 business day"), began=began, now=by_day).at == by_day
    assert slot(callee(), span("1 business day"), began=began, now=by_night).at == at(
        "2027-04-01 09:00"
    )


def test_a_pause_is_none_of_the_gap() -> None:
    began = at("2027-03-23 10:00")
    pause = (at("2027-03-23 14:00"), at("2027-03-24 14:00"))
    found = slot(
        callee(), span("8 business hours"), began=began, now=at("2027-03-24 14:00"), pauses=[pause]
    )
    # Three hours before the pause (there is lunch between), five after it.
    assert found.at == at("2027-03-25 10:00")


def test_a_team_that_never_works_does_not_stop_the_calls() -> None:
    shut = BusinessCalendar.model_validate(
        {"closed": [{"from": f"{year}-01-01", "to": f"{year}-12-31"} for year in range(2027, 2060)]}
    )
    began = at("2027-03-24 12:00")
    found = slot(callee(team=shut), span("1 business day"), began=began, now=began)
    assert not found.team_works


@given(
    minutes=st.integers(0, 60 * 24 * 60),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Seoul", "Australia/Sydney"]),
    gap=st.sampled_from(["5 minutes", "4 business hours", "1 business day", "3 days"]),
    attempt=st.integers(1, 5),
)
def test_every_call_is_within_the_leads_hours_and_the_teams_where_they_meet(
    minutes: int, zone: str, gap: str, attempt: int
) -> None:
    began = at("2027-03-01 00:00") + timedelta(minutes=minutes)
    parts = turns(SPREAD, attempt, part_of(began, zone))
    found = slot(callee(zone, "GB"), span(gap), began=began, now=began, turns=parts)
    assert found.at >= began
    assert is_open(HOURS, found.at, zone, "GB")
    assert not found.team_works or TEAM.is_open(found.at)
    assert found.part is None or part_of(found.at, zone) == found.part
