"""``starter.py figures speed`` and ``recycle`` for people, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import Engine, text

from cli.errors import UserError
from cli.figures_of_sales import RecycleTable, recycle, speed
from domain.refusals import Invalid
from tests.support.lead_histories import add_lead


@pytest.fixture
def histories(database: Engine) -> Engine:
    """Twenty leads that crossed, of which half were called by a person a minute later; all came
    back from recycle."""
    moves = [(1, "known", 0.0), (1, "mql", 1.0), (1, "recycled", 9.0), (2, "known", 50.0)]
    with database.begin() as connection:
        for number in range(20):
            lead = add_lead(connection, moves, reason="no_show")
            values = {"lead": lead, "called": number % 2 == 0}
            connection.execute(
                text(
                    "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
                    "VALUES (:lead, 1, '2026-03-03T09:00Z', 'score', 'A', 80, false)"
                ),
                values,
            )
            connection.execute(
                text(
                    "INSERT INTO lead_note (lead_id, kind, direction, by, at, written_at) "
                    "SELECT :lead, 'call', 'out', 'x', '2026-03-03T09:01Z', now() WHERE :called"
                ),
                values,
            )
    return database


def test_speed_is_read_by_people_and_programs_alike(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rate that the table shows and the file does not have would be copied by hand."""
    speed(by="month")
    shown = capsys.readouterr().out
    speed(as_json=True, by="month")
    found = json.loads(capsys.readouterr().out)
    speed(as_csv=True, by="month")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert max(map(len, shown.splitlines())) <= 80
    assert "50.0 %" in shown
    assert (found["whole"]["wall"]["share_5"], found["whole"]["tried"]) == (0.5, 10)
    assert [(row["value"], row["wall_share_5"]) for row in rows] == [
        ("", "0.5"),
        ("2026-03", "0.5"),
    ]


def test_recycle_yield_is_read_by_people_and_programs_alike(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """As above."""
    recycle(by="wait", window=30)
    shown = capsys.readouterr().out
    recycle(as_json=True)
    found = json.loads(capsys.readouterr().out)
    recycle(as_csv=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    recycle(as_csv=True, table=RecycleTable.WAITS)
    waits = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert [(row["reason"], row["wait"], row["leads"]) for row in waits] == [
        ("no_show", "30 to 59", "20")
    ]
    assert max(map(len, shown.splitlines())) <= 80
    assert "30 to 59" in shown
    assert "net-new" in shown
    assert (found["whole"]["re_entered"], found["whole"]["re_entry"]) == (20, 1.0)
    assert "Other waits" in shown
    assert [(row["kind"], row["value"], row["recycled"], row["attempts"]) for row in rows] == [
        ("recycled", "", "20", "0"),
        ("recycled", "no_show", "20", "0"),
        ("net_new", "", "", "10"),
    ]


def test_what_can_not_be_counted_is_told_in_a_sentence(histories: Engine) -> None:
    """Exit 2, and nothing half-done."""
    for ask in (speed, recycle):
        with pytest.raises(Invalid, match="There is no 'colour'"):
            ask(by="colour")
        with pytest.raises(UserError, match="--from March"):
            ask(begins="March")
        with pytest.raises(Invalid, match="is in the future"):
            ask(to="2199-01-01")
