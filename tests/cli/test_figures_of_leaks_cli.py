"""``starter.py figures leaks`` for people, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import json
from functools import partial

import pytest
from sqlalchemy import Engine

from cli.errors import UserError
from cli.figures_of_leaks import leaks
from domain.refusals import Invalid
from tests.store.figures.leak_world import call, cross, meet, rest
from tests.support.lead_histories import add_lead


def test_leaks_are_read_by_people_and_programs_alike(
    database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rate that the table shows and the file does not have would be copied by hand."""
    with database.begin() as connection:
        for number in range(40):
            moves = [(1, "known", 0.0), (1, "mql", 1.0)]
            if number % 4:
                moves.append((1, "sal", 9.0))
            lead = add_lead(connection, moves, source=("web", "trade fair")[number % 2])
            cross(connection, lead, 1)
            call(connection, lead, 1.01 if number < 20 else 4)
            meet(connection, lead, 2, 5, "held" if number % 10 else "no_show")
        rest(connection, 3, 9, source="web")
    march = partial(leaks, begins="2026-03-01", to="2026-04-01")

    march(by="source")
    shown = capsys.readouterr().out
    march(as_json=True)
    found = json.loads(capsys.readouterr().out)
    march(as_csv=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert max(map(len, shown.splitlines())) <= 100
    assert "trade fair" in shown
    assert "fewer than 20 went on" in shown
    response = found["response"][0]
    assert (response["in_time"], response["late"], response["difference"]) == (20, 20, 0.0)
    assert found["no_shows"][0]["no_show_share"] == 0.1
    shares = {row["leak"]: row["share"] for row in rows if not row["at"] and not row["value"]}
    assert (shares["late_went_on"], shares["no_show"]) == ("0.75", "0.1")


def test_what_can_not_be_counted_is_told_in_a_sentence(database: Engine) -> None:
    """Exit 2, and nothing half-done."""
    with pytest.raises(Invalid, match="There is no 'colour'"):
        leaks(by="colour")
    with pytest.raises(UserError, match="--from March"):
        leaks(begins="March")
    with pytest.raises(Invalid, match="is in the future"):
        leaks(to="2199-01-01")
