"""``starter.py funnel`` for people, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from cli.errors import UserError
from cli.funnel import funnel
from cli.reports import printed_report
from domain.figures.funnel import MOST_BEHIND
from domain.refusals import Invalid
from tests.support.lead_histories import add_lead, facts_wait


@pytest.fixture
def histories(database: Engine) -> Engine:
    """Twenty leads, of which five won."""
    with database.begin() as connection:
        for number in range(20):
            moves = [(1, "known", 0.0), (1, "engaged", 1.5), (1, "mql", 4.0)]
            if number < 5:
                moves += [(1, "customer", 30.0)]
            add_lead(connection, moves, source="web" if number % 2 else "fair")
    return database


def test_the_funnel_is_read_by_people_and_programs_alike(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    funnel()
    shown = capsys.readouterr().out
    funnel(as_json=True, by="source")
    found = json.loads(capsys.readouterr().out)
    funnel(as_csv=True, by="source")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert max(map(len, shown.splitlines())) <= 80
    assert "cohort conversion" in shown
    assert "censored" in shown
    assert "immature" not in shown
    assert "Won: 5 (25.0 %), median 30 days" in shown
    assert [one["stage"] for one in found["stages"]][:3] == ["known", "engaged", "mql"]
    assert found["stages"][2]["conversion"] == 0.25
    assert found["stages"][0]["median_days"] == 1.5
    assert {part["value"] for part in found["parts"]} == {"web", "fair"}
    whole = [row for row in rows if row["value"] == "" and row["kind"] == "all"]
    assert [row["entered"] for row in whole] == ["20", "20", "20", "5", "5", "5", "5"]


def test_a_file_that_lacks_leads_says_so_where_no_program_reads_it(
    histories: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever takes a file out while a worker makes facts anew would pass it on as whole."""
    with facts_wait(histories):
        funnel(as_csv=True)
        told = capsys.readouterr()
    funnel()

    assert "The last changes of 20 leads are not counted yet" in told.err
    assert "not counted" not in told.out
    assert capsys.readouterr().err == ""


def test_of_more_changes_than_are_looked_through_no_number_of_leads_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After a large import the number would be that of the leads that were looked at."""

    @dataclass
    class Report:
        behind: int = MOST_BEHIND + 1

    assert not printed_report(Report(), [], "/figures/funnel", as_json=False, as_csv=False)
    assert "More than 100,000 changes are not counted yet" in capsys.readouterr().err


def test_what_can_not_be_counted_is_told_in_a_sentence(histories: Engine) -> None:
    with pytest.raises(Invalid, match="There is no 'colour'"):
        funnel(by="colour")
    with pytest.raises(UserError, match="--from March: write a day"):
        funnel(begins="March")
    with pytest.raises(Invalid, match="longer than there are data"):
        funnel(window=9000)
