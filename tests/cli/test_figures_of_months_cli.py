"""``starter.py figures cohorts`` and ``velocity``, and the narrowed funnel and leaks."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import Engine

from cli.errors import UserError
from cli.figures_of_leaks import leaks
from cli.figures_of_months import cohorts, velocity
from cli.funnel import funnel
from domain.refusals import Invalid
from tests.support.lead_histories import add_lead


@pytest.fixture
def histories(database: Engine) -> Engine:
    """Forty leads of March that became MQLs, of which half had an appointment four days later."""
    with database.begin() as connection:
        for number in range(40):
            moves = [(1, "known", 0.0), (1, "mql", 1.0)]
            if number % 2:
                moves.append((1, "sal", 5.0))
            source = "web" if number % 4 else ""
            add_lead(connection, moves, source=source, country="DE" if number < 30 else "KR")
    return database


def test_months_are_read_by_people_and_programs_alike(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A share that the table shows and the file does not have would be copied by hand."""
    for report, says in ((cohorts, "50.0 %"), (velocity, "2026-03")):
        report(begins="2026-03-01", reached="sal")
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= 80
        assert says in shown
    cohorts(begins="2026-03-01", reached="sal", as_json=True)
    triangle = json.loads(capsys.readouterr().out)
    assert triangle["together"]["months"][0]["cells"][0]["share"] == 0.5
    cohorts(begins="2026-03-01", reached="sal", as_csv=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["kind"], row["month"], row["share"]) for row in rows if row["days"] == "30"] == [
        *((kind, month, "0.5") for kind in ("all", "net_new") for month in ("", "2026-03"))
    ]
    velocity(begins="2026-03-01", source="", as_csv=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (rows[0]["entered"], rows[0]["reached"], rows[0]["median_days"]) == ("10", "0", "")
    assert rows[0]["month"] == ""


def test_funnel_and_leaks_are_narrowed(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wants the figures of one country would have to ask for all and look for it."""
    funnel(country="KR", source="web", as_json=True)
    assert json.loads(capsys.readouterr().out)["stages"][0]["entered"] == 8
    leaks(begins="2026-03-01", country="DE", campaign="", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert sum(one["waiting"] for one in found["waiting"]) == 30
    assert sum(one["went_on"] for one in found["lost"] if one["stage"] == "mql") == 15


def test_what_can_not_be_counted_is_told_in_a_sentence(histories: Engine) -> None:
    """Exit 2, and nothing half-done."""
    for ask in (cohorts, velocity):
        with pytest.raises(Invalid, match="There is no 'colour'"):
            ask(stage="colour")
        with pytest.raises(Invalid, match="'engaged' does not come after 'mql'"):
            ask(reached="engaged")
        with pytest.raises(UserError, match="--from March"):
            ask(begins="March")
        with pytest.raises(Invalid, match="is in the future"):
            ask(to="2199-01-01")
        with pytest.raises(Invalid, match="more than 120 months"):
            ask(begins="2001-01-01")
