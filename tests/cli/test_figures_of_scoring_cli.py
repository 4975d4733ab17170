"""``starter.py figures scoring``, ``content`` and ``win-loss`` for people, spreadsheets and
programs."""

from __future__ import annotations

import csv
import io
import json
from functools import partial

import pytest
from sqlalchemy import Engine

from cli.cadence import publish_files
from cli.errors import UserError
from cli.figures_of_scoring import content, scoring
from cli.figures_of_win_loss import win_loss
from domain.refusals import Invalid
from settings import ROOT
from tests.store.figures.leak_world import rest
from tests.store.figures.scoring_world import cross, deal, does
from tests.support.lead_histories import add_lead
from tests.support.workflow_world import CADENCES


def test_figures_are_read_by_people_and_programs_alike(
    database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rate that the table shows and the file does not have would be copied by hand."""
    publish_files(database, CADENCES, ROOT / "templates", [])
    with database.begin() as connection:
        for number in range(60):
            moves = [(1, "known", 0.0), (1, "mql", 1.0)]
            if number % 2:
                moves.append((1, "sal", 15.0))
            lead = add_lead(connection, moves, country=("KR", "DE")[number % 2])
            cross(connection, lead, 1, "A1" if number % 2 else "B2", 60 if number % 2 else 31)
            does(connection, lead, 9, path="/pricing")
            deal(connection, lead, 15, 20, "won" if number % 2 else "lost", competitor="acme")
        rest(connection, 3, 9, reason="lost")
    shown, found, rows = {}, {}, {}
    for name, command in (("scoring", scoring), ("content", content), ("win-loss", win_loss)):
        march = partial(command, begins="2026-03-01", to="2026-04-01")
        march()
        shown[name] = capsys.readouterr().out
        march(as_json=True)
        found[name] = json.loads(capsys.readouterr().out)
        march(as_csv=True)
        rows[name] = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert max(len(line) for text in shown.values() for line in text.splitlines()) <= 120
    assert "Suggested: 60. 30 leads fewer" in shown["scoring"]
    assert "Observed, not tried" in shown["content"]
    assert "acme" in shown["win-loss"]
    assert "if: 'lead.country == \"DE\"'" in shown["win-loss"]
    assert found["scoring"]["suggestion"]["missed"] == 0
    grades = {row["name"]: row["share"] for row in rows["scoring"] if row["table"] == "grade"}
    assert (grades["A1"], grades["B2"]) == ("1.0", "0.0")
    assert rows["win-loss"][0]["cases"] == "30"
    assert {row["name"] for row in rows["content"] if row["kind"] == "page"} == {"/pricing"}


def test_what_can_not_be_counted_is_told_in_a_sentence(database: Engine) -> None:
    """Exit 2, and nothing half-done."""
    with pytest.raises(Invalid, match="There is no 'bought'"):
        scoring(goal="bought")
    with pytest.raises(Invalid, match="There is no 'colour'"):
        win_loss(by="colour")
    with pytest.raises(UserError, match="--from March"):
        content(begins="March")
