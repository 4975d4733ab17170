"""The figures of each day: they equal what is counted anew, whatever became known late."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from domain.contracts.journey import Stage
from domain.figures.anomalies import stopped_series
from domain.figures.history import HistoryUnit
from domain.figures.history_columns import TEXTS
from domain.figures.snapshots import RestatedFigure
from domain.figures.stages import Entry
from store.figures import anomalies
from store.figures.imported import import_units
from store.figures.refresh import refresh
from store.figures.snapshots import count_days, restated, snapshot, snapshot_rows
from tests.store.figures.test_funnel import some_history
from tests.support.lead_histories import BEGIN, add_lead, add_moves

SEOUL = "Asia/Seoul"
DAY = timedelta(days=1)
FIRST, LAST = date(2025, 1, 1), date(2027, 1, 1)


def keep(connection: Connection, now: datetime, time_zone: str = "UTC") -> tuple[int, int]:
    """A run of the day's figures; each in a transaction of its own, but for the test."""
    refresh(connection)
    done = snapshot(connection, time_zone, now)
    connection.execute(text("DROP TABLE figure_counted"))
    assert done is not None
    return done


def stated(connection: Connection) -> dict[tuple[object, ...], Decimal]:
    """All figures as they are stated now."""
    return {
        (one.day, one.subject, one.name, one.kind, one.measure): one.value
        for one in snapshot_rows(connection, FIRST, LAST)
    }


def figure(
    connection: Connection, day: date, name: str, measure: str, kind: str = "net_new"
) -> int:
    """A figure of a stage; 0 where there is none."""
    return int(stated(connection).get((day, "stage", name, kind, measure), 0))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_restated_equals_what_is_counted_anew(connection: Connection, seed: int) -> None:
    """A snapshot that late facts do not reach, or reach in part, says another thing than the
    funnel; and balances must be what came in less what went out."""
    chance = random.Random(seed)
    leads = [add_lead(connection, some_history(chance), source="a" if n % 3 else "b")
             for n in range(25)]  # fmt: skip
    keep(connection, BEGIN + timedelta(days=40), SEOUL)
    for lead in chance.sample(leads, 6):
        late = chance.uniform(-3, 20)
        add_moves(connection, lead, [(1, chance.choice(("mql", "sal", "recycled")), late)])
    for lead in chance.sample(leads, 3):
        connection.execute(
            text("UPDATE lead SET source = 'corrected' WHERE id = :lead"), {"lead": lead}
        )
    connection.execute(
        text("INSERT INTO spend (source, campaign, span, day, amount, currency, by, at) "
             "VALUES ('a', '', 'month', '2026-02-01', 280, 'EUR', 'x', now())")
    )  # fmt: skip
    now = BEGIN + timedelta(days=50)

    keep(connection, now, SEOUL)

    today = now.date()
    assert stated(connection) == {
        (key.day, key.subject.value, *key[2:]): value
        for key, value in count_days(connection, SEOUL, today).items()
    }
    spent = [v for k, v in stated(connection).items() if k[4] == "spend"]
    assert (len(spent), set(spent)) == (28, {Decimal(10)})
    for name in ("known", "mql", "customer", "recycled"):
        for kind in ("net_new", "recycled"):
            stood = 0
            day = FIRST
            while day < today:
                stood += figure_in(stated_now := stated(connection), day, name, kind, "entered")
                stood -= figure_in(stated_now, day, name, kind, "left")
                assert figure_in(stated_now, day, name, kind, "balance") == stood
                day += timedelta(days=97) if day < date(2026, 2, 1) else DAY
    assert keep(connection, now, SEOUL) == (0, 0)


def figure_in(
    found: dict[tuple[object, ...], Decimal], day: date, name: str, kind: str, measure: str
) -> int:
    """One figure of all of them."""
    return int(found.get((day, "stage", name, kind, measure), 0))


def test_a_restatement_shows_what_was_said_before(connection: Connection) -> None:
    """Somebody quotes a figure in a meeting; a month later it is another one, and nobody knows
    why."""
    day = BEGIN.date()
    lead = add_lead(connection, [(1, "known", 0)])
    add_lead(connection, [(1, "known", 0), (1, "mql", 0.1)])
    then, later = BEGIN + DAY, BEGIN + 9 * DAY
    keep(connection, then)
    assert restated(connection, FIRST, LAST) == []
    assert figure(connection, day, "mql", "entered") == 1

    keep(connection, later)
    assert restated(connection, FIRST, LAST) == []
    add_moves(connection, lead, [(1, "mql", 0.2)])
    at = BEGIN + 10 * DAY
    keep(connection, at)

    assert figure(connection, day, "mql", "entered") == 2
    assert figure(connection, day + 8 * DAY, "known", "balance") == 0
    found = {(one.subject, one.name, one.measure): one for one in restated(connection, FIRST, LAST)}
    entered = found["stage", "mql", "entered"]
    assert entered == RestatedFigure(
        day, "stage", "mql", "net_new", "entered", Decimal(1), Decimal(2), at
    )
    connection.execute(text("DELETE FROM stage_transition WHERE lead_id = :lead"), {"lead": lead})
    keep(connection, BEGIN + 11 * DAY)
    again = [one for one in restated(connection, FIRST, LAST) if one.measure == "entered"]
    assert [(one.name, int(one.was), int(one.now)) for one in again[:3]] == [
        *(("engaged", 2, 1), ("known", 2, 1), ("mql", 2, 1))
    ]


def test_imported_history_stands_in_no_stage_and_has_not_stopped(connection: Connection) -> None:
    """It ends where ours begins: each of its sources would be an alarm, and its leads, which are
    nobody's, would stand in the balance for ever."""
    moves = [(0, BEGIN), (2, BEGIN + DAY)]
    entries = {Stage.KNOWN: Entry(BEGIN, False), Stage.MQL: Entry(BEGIN + DAY, False)}
    texts = dict.fromkeys(TEXTS, "") | {"source": "old crm"}
    unit = HistoryUnit("1", entries, moves, "", None, texts, None, "")
    import_units(connection, [("a", unit)])
    add_lead(connection, [(1, "known", 0)], source="fair")

    keep(connection, BEGIN + 4 * DAY)

    assert {key[2] for key in stated(connection) if key[1] == "source"} == {"fair"}
    assert figure(connection, BEGIN.date(), "known", "entered") == 1
    assert figure(connection, BEGIN.date() + DAY, "mql", "entered") == 0


def test_a_day_is_the_company_s_and_today_is_not_over(connection: Connection) -> None:
    """What happens at nine in the evening in Seoul is tomorrow's nowhere else."""
    add_lead(connection, [(1, "known", 8 / 24)])
    late = BEGIN + timedelta(hours=8)

    keep(connection, late, SEOUL)
    assert figure(connection, BEGIN.date() + DAY, "known", "entered") == 0
    keep(connection, late + DAY, SEOUL)

    assert figure(connection, BEGIN.date() + DAY, "known", "entered") == 1
    assert figure(connection, BEGIN.date(), "known", "entered") == 0


def test_a_source_that_stops_is_found_once_and_ends_when_it_goes_on(
    connection: Connection,
) -> None:
    """A form that is broken on a website loses leads until somebody looks; and whoever was told
    does not want to be told each morning."""
    chance = random.Random(3)
    for day in range(80):
        for source, stops in (("web form", day >= 70), ("fair", False)):
            if not stops:
                for _ in range(8 + chance.randrange(5)):
                    add_lead(connection, [(1, "known", day + chance.random() / 3)], source=source)
    for day in range(80, 84):
        for _ in range(20):
            add_lead(connection, [(1, "known", day)], source="web form")
    found = []
    for number in (70, 71, 72, 73, 80, 81, 82, 83):
        now = BEGIN + number * DAY + timedelta(hours=12)
        keep(connection, now)
        today = now.date()
        counts = anomalies.series(connection, today)
        new = anomalies.keep(connection, stopped_series(counts), counts, today - DAY, now)
        found += [(number, one) for one in new]

    known = anomalies.list_anomalies(connection, 10)
    form = [one for one in known if one.name == "web form"]
    assert len(form) == 1
    assert (form[0].subject, form[0].seen) == ("source", 0)
    first = next(number for number, one in found if one == form[0].id)
    assert 71 <= first <= 73
    assert form[0].ended_on is not None
    assert form[0].ended_on <= BEGIN.date() + timedelta(days=82)
