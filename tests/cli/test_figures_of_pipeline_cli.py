"""``starter.py figures pipeline`` and ``forecast`` for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import Engine, text

from cli.errors import UserError
from cli.figures_of_pipeline import ForecastTable, forecast, pipeline
from domain.refusals import Invalid
from tests.support.lead_histories import add_lead


@pytest.fixture
def sales(database: Engine) -> Engine:
    """Sixty opportunities of which every second one was won after forty days, the others lost; and
    one that is open."""
    with database.begin() as connection:
        lead = add_lead(connection, [(1, "known", 0.0)])
        for number in range(61):
            values = {
                "lead": lead,
                "days": 5 * number + 20,
                "open": number == 0,
                "outcome": ("won", "lost")[number % 2] if number else "",
            }
            connection.execute(
                text(
                    "INSERT INTO opportunity (key, lead_id, opened_at, closed_at, outcome, amount, "
                    "currency) SELECT gen_random_uuid()::text, :lead, at, "
                    "CASE WHEN NOT :open THEN at + interval '20 days' END, :outcome, 1000, 'USD' "
                    "FROM (SELECT now() - make_interval(days => :days) AS at) AS opened"
                ),
                values,
            )
    return database


def test_the_forecast_is_read_by_people_and_programs_alike(
    sales: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A figure that the table shows and the file does not have would be copied by hand."""
    forecast(days=30)
    shown = capsys.readouterr().out
    forecast(days=30, as_json=True)
    found = json.loads(capsys.readouterr().out)
    forecast(days=30, as_csv=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    forecast(days=30, as_csv=True, table=ForecastTable.STAGES)
    stages = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert [(row["stage"], row["open"], row["closed"]) for row in stages] == [
        ("discovery", "1", "60")
    ]
    assert max(map(len, shown.splitlines())) <= 80
    assert "Of 1 open opportunities" in shown
    assert "within the interval" in shown
    assert (found["now"]["open"], found["now"]["open_value"]) == (1, "1000.00")
    assert (found["closed"], found["won"]) == (60, 30)
    assert rows[-1]["expected_wins"] == str(found["now"]["expected_wins"])
    assert [row["begins"] for row in rows[:-1]] == [one["begins"] for one in found["months"]]


def test_the_target_may_name_its_currency(
    sales: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target is written as people write money; what is none is refused in a sentence."""
    pipeline(target="5,000,000 USD")
    shown = capsys.readouterr().out

    assert "Of the target of 5,000,000.00" in shown
    with pytest.raises(Invalid, match="no rate to USD for EUR"):
        pipeline(target="5 EUR")
    with pytest.raises(UserError, match="--target much"):
        pipeline(target="much")
    with pytest.raises(Invalid, match="1 to 365 days"):
        forecast(days=0)
