"""Speed to lead and persistence, added up on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.figures.periods import Period
from domain.figures.speed import (
    AnswerCount,
    Crossed,
    Of,
    PromiseCount,
    SpeedBy,
    SpeedQuestion,
    SpeedReport,
    median_and_p90,
    speed_report,
)
from domain.time.business_time import BusinessCalendar

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 17, 50, tzinfo=UTC)
NOW = MONDAY + timedelta(days=60)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1), "Asia/Seoul")
OFFICE = BusinessCalendar()


def after(start: datetime, *minutes: float) -> list[datetime]:
    """Times so many minutes after ``start``."""
    return [start + timedelta(minutes=one) for one in minutes]


def told(crossed: list[Crossed], by: SpeedBy | None = None, named_from: int = 0) -> SpeedReport:
    """The report on March, three attempts wanted in a first week."""
    asked = SpeedQuestion(MARCH, NOW, by, 3, named_from)
    return speed_report(asked, crossed, [], [], lambda _owner: OFFICE)


def test_minutes_run_by_the_wall_and_while_the_team_works() -> None:
    """A rep who answers on Monday morning what came on Friday evening is not slow."""
    monday = datetime(2026, 3, 9, 9, 3, tzinfo=UTC)

    whole = told([Crossed("a", "x", FRIDAY, [monday])]).whole

    assert whole.wall.p50 == (2 * 24 + 15) * 60 + 13
    # Offices close at six and open at nine.
    assert whole.business.p50 == 10 + 3
    assert (whole.wall.within_60, whole.business.within_60) == (0, 1)


def test_a_small_history_by_hand() -> None:
    """Four leads: tried after 4 and 30 minutes, after two hours, and never; and one that crossed
    four minutes ago, which nobody can have missed yet."""
    day = 24 * 60
    found = told(
        [
            Crossed("a", "x", MONDAY, after(MONDAY, 4, 2 * day, 8 * day)),
            Crossed("a", "x", MONDAY, after(MONDAY, 30, day, 2 * day)),
            Crossed("b", "x", MONDAY, after(MONDAY, 120)),
            Crossed("b", "y", MONDAY, []),
            Crossed("", "", NOW - timedelta(minutes=4), []),
        ],
        SpeedBy.OWNER,
    )

    whole = found.whole
    assert (whole.leads, whole.tried, whole.attempts) == (5, 3, 7)
    assert (whole.wall.p50, whole.wall.p90) == (30, 102)
    assert (whole.wall.within_5, whole.wall.of_5) == (1, 4)
    assert (whole.wall.within_60, whole.wall.of_60) == (2, 4)
    # Five are too few to speak of shares.
    assert whole.wall.share_5 is whole.persistent_share is None
    assert (whole.attempts_per_lead, whole.attempts_p50) == (1.4, 1)
    # The first lead's third attempt came after its week; the last one's week is not over.
    assert (whole.persistent, whole.weeks_over) == (1, 4)
    assert (whole.longest_gap_p50_days, whole.longest_gap_days) == (3.5, 6)
    assert [(row.value, row.leads) for row in found.parts] == [("", 1), ("a", 2), ("b", 2)]


def test_shares_are_told_of_twenty_and_a_month_is_the_companys() -> None:
    """One lead more would change a share of fewer by five points; and what crosses on the evening
    of the last of February is of March in Seoul."""
    evening = datetime(2026, 2, 28, 16, tzinfo=UTC)
    found = told([Crossed("a", "x", evening, after(evening, 5))] * 20, SpeedBy.MONTH)

    assert found.whole.wall.share_5 == 1.0
    assert [row.value for row in found.parts] == ["2026-03"]


def test_reps_with_few_leads_are_shown_as_one() -> None:
    """Marketing would judge a person by one case; also by what a rep without leads answered."""
    crossed = [Crossed("a", "x", MONDAY, [])] * 5 + [Crossed("b", "x", MONDAY, [])] * 4
    asked = SpeedQuestion(MARCH, NOW, SpeedBy.OWNER, 3, named_from=5)
    of = Of("c", "x", "2026-03")
    found = speed_report(
        asked,
        crossed,
        [PromiseCount(of, "accept", 1, 2, 1, 3)],
        [AnswerCount(of, "web", False, "no_need", 2), AnswerCount(of, "web", True, "", 1)],
        lambda _owner: OFFICE,
    )

    assert [(row.value, row.leads) for row in found.parts] == [("(few)", 4), ("a", 5)]
    few = found.parts[0]
    assert (few.answers.accepted, few.answers.reasons) == (1, {"no_need": 2})
    assert (few.promises[0].due, few.promises[0].past_due) == (2, 1)
    assert found.sources[0].source == "web"


def test_quantiles_lie_between_two_cases_in_proportion() -> None:
    """As PostgreSQL has them, whose figures stand beside these."""
    assert median_and_p90([]) == (None, None)
    assert median_and_p90([3]) == (3, 3)
    assert median_and_p90([4, 1, 3, 2]) == (2.5, 3.7)


def test_a_lead_is_old_enough_once_the_team_has_worked_so_long() -> None:
    """What came at ten to six would be missed by nine in the morning; and a team that is shut for
    good misses nothing."""
    at = datetime(2026, 3, 6, 17, 50, tzinfo=UTC)
    shut = BusinessCalendar(hours=((),) * 7)

    def old_enough(now: datetime, office: BusinessCalendar) -> tuple[int, int]:
        asked = SpeedQuestion(MARCH, now, None, 3)
        crossed = [Crossed("a", "x", at, [])]
        took = speed_report(asked, crossed, [], [], lambda _owner: office).whole.business
        return took.of_5, took.of_60

    monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert old_enough(at + timedelta(minutes=4), OFFICE) == (0, 0)
    assert old_enough(monday + timedelta(minutes=49), OFFICE) == (1, 0)
    assert old_enough(monday + timedelta(minutes=50), OFFICE) == (1, 1)
    assert old_enough(monday + timedelta(days=30), shut) == (0, 0)
