"""What leads saw before they went on, against a control."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from domain.figures.content import (
    ContentKind,
    ContentReport,
    Exposure,
    SeenCounts,
    StageWeek,
    content_report,
    weeks_of,
)
from domain.figures.periods import Period

SPRING = Period(date(2026, 3, 1), date(2026, 6, 1), "Asia/Seoul")


def reported(standing: list[StageWeek], seen: list[StageWeek]) -> ContentReport:
    exposures = [Exposure(ContentKind.MAIL, "a", one) for one in seen]
    return content_report(SPRING, 3, SeenCounts(standing, exposures, chosen=False), [])


def test_a_mail_that_goes_to_leads_that_go_on_anyway_gets_no_credit() -> None:
    """In one stage nearly everybody goes on and gets the mail, in the other nobody does either:
    compared without stages it would look like the best mail of all."""
    standing = [StageWeek(1, 2, 1000, 800), StageWeek(1, 0, 1000, 50)]
    row = reported(standing, [StageWeek(1, 2, 800, 640), StageWeek(1, 0, 40, 2)]).rows[0]

    assert row.share == round(642 / 840, 4)
    assert row.difference == pytest.approx(0, abs=1e-4)
    assert row.low is not None
    assert row.low < 0 < (row.high or 0)


def test_the_control_is_that_of_matched_pairs() -> None:
    """Drawing one control for each case from its own stage and week gives the same on average."""
    chance = random.Random(11)
    cases = []
    for _ in range(6000):
        week, stage = chance.randrange(4), chance.randrange(3)
        saw = chance.random() < 0.1 + 0.2 * stage
        went_on = chance.random() < 0.05 + 0.1 * stage + 0.02 * week + 0.1 * saw
        cases.append(((week, stage), saw, went_on))
    every, seen = Counter(one[0] for one in cases), Counter(one[0] for one in cases if one[1])
    on = Counter(one[0] for one in cases if one[2])
    seen_on = Counter(one[0] for one in cases if one[1] and one[2])
    others = {at: [one[2] for one in cases if one[0] == at and not one[1]] for at in every}
    drawn = [sum(others[one[0]]) / len(others[one[0]]) for one in cases if one[1]]

    found = reported(
        [StageWeek(*at, number, on[at]) for at, number in every.items()],
        [StageWeek(*at, number, seen_on[at]) for at, number in seen.items()],
    )

    row = found.rows[0]
    assert row.control_share == pytest.approx(sum(drawn) / len(drawn), abs=1e-4)
    assert row.share == round(sum(seen_on.values()) / sum(seen.values()), 4)
    assert row.low is not None
    assert 0 < row.low < 0.1 < (row.high or 0)
    assert (found.standing, found.went_on) == (6000, sum(one[2] for one in cases))


def test_what_everybody_saw_and_what_few_saw_is_compared_with_nothing() -> None:
    """Without a control there is no difference to tell; and of 19 cases none is told."""
    everybody = reported([StageWeek(1, 0, 60, 9)], [StageWeek(1, 0, 60, 9)]).rows[0]
    few = reported([StageWeek(1, 0, 600, 9)], [StageWeek(1, 0, 19, 9)]).rows[0]

    assert (everybody.leads, everybody.compared, everybody.difference) == (60, 0, None)
    assert (few.compared, few.went_on, few.share, few.difference) == (19, 9, None, None)


def test_weeks_are_whole_and_the_week_after_is_over() -> None:
    """A week in which nobody could have gone on yet would make all content look useless."""
    days = [one.begins for one in weeks_of(SPRING, date(2026, 3, 23))]
    assert days == [date(2026, 3, 1), date(2026, 3, 8)]
    assert len(weeks_of(SPRING, date(2027, 1, 1))) == 13
    assert weeks_of(SPRING, date(2026, 3, 1)) == []
