"""The target of the pipeline and its forecast, as programs ask for them."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from tests.web.api.conftest import Api

DAY = timedelta(days=1)
SALE = text(
    "INSERT INTO opportunity (key, lead_id, opened_at, stage, outcome, closed_at, amount, "
    "currency) VALUES (gen_random_uuid()::text, :lead, :opened, :stage, :outcome, :closed, "
    ":amount, 'USD')"
)


def sales(api: Api) -> list[dict[str, Any]]:
    """Three hundred opportunities of the last four years: each day one in fifty is closed, four of
    ten are won."""
    chance, now = random.Random(3), datetime.now(UTC)
    lead = api.lead("anna@a.example")
    made = []
    for _ in range(300):
        opened = now - chance.uniform(1, 1400) * DAY
        closed = opened + chance.expovariate(1 / 50) * DAY
        over = closed < now
        made.append(
            {
                "lead": lead,
                "opened": opened,
                "closed": closed if over else None,
                "outcome": ("won" if chance.random() < 0.4 else "lost") if over else "",
                "stage": chance.choice(("discovery", "proposal")),
                "amount": chance.choice((100, 200, 300)),
            }
        )
    with api.database.begin() as connection:
        connection.execute(SALE, made)
    return made


async def test_the_forecast_is_told_with_what_past_ones_were_worth(api: Api) -> None:
    """A figure without its error is a promise."""
    made = sales(api)
    answer = await api.ask("manager", "GET", "/figures/forecast?days=30")
    found = answer.json()

    open_now = [one for one in made if not one["outcome"]]
    now = found["now"]
    assert answer.status_code == 200, answer.text
    assert now["open"] == len(open_now) == sum(one["open"] for one in found["stages"])
    worth = sum(one["amount"] for one in open_now)
    assert float(now["open_value"]) == worth == sum(float(one["value"]) for one in found["stages"])
    assert now["wins_low"] < now["expected_wins"] < now["wins_high"]
    # Of what is open a part of 1 - exp(-30/50) is closed, and four tenths of that are won.
    assert abs(now["expected_wins"] / now["open"] - 0.18) < 0.05
    # 24 whole months, and the one that runs.
    two_years = datetime.now(UTC) - 770 * DAY
    assert 0 < found["won"] < found["closed"]
    assert found["closed"] <= sum(
        one["closed"] is not None and one["closed"] > two_years for one in made
    )
    assert float(found["weighted"]) == sum(
        float(one["weighted"]) for one in found["stages"] if one["weighted"]
    )
    months = found["months"]
    first = datetime.fromisoformat(months[0]["begins"]).replace(tzinfo=UTC)
    assert months[0]["wins"] == sum(
        one["opened"] < first
        and one["outcome"] == "won"
        and first <= one["closed"] < first + 30 * DAY
        for one in made
    )
    tested = found["wins_test"]
    assert tested["months"] == len(months) > 20
    off = sum(abs(one["expected_wins"] - one["wins"]) for one in months)
    assert abs(tested["error"] - off / sum(one["wins"] for one in months)) < 0.001
    assert tested["within_share"] > 0.8

    file = (await api.ask("manager", "GET", "/figures/forecast.csv?days=30")).text
    rows = list(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"))))
    assert [row["begins"] for row in rows] == [one["begins"] for one in [*months, now]]
    assert rows[-1]["wins"] == ""
    stages = (await api.ask("manager", "GET", "/figures/forecast-stages.csv")).text
    assert len(stages.splitlines()) == 1 + len(found["stages"])
    assert api.value("SELECT count(*) FROM api_change WHERE path LIKE '/api/figures/%'") == 2


async def test_a_target_in_another_currency_needs_its_rate(api: Api) -> None:
    """A target of euros that was taken for dollars would be reached too soon."""
    path = "/figures/pipeline?from=2025-05-01&to=2025-06-01&target=100&target_currency="
    refused = await api.ask("manager", "GET", f"{path}EUR")
    none = await api.ask("manager", "GET", f"{path}ABC")
    rate = [{"currency": "EUR", "day": "2025-05-01", "rate": "1.1"}]
    assert (await api.ask("manager", "POST", "/exchange-rates", rows=rate)).status_code == 200
    told = (await api.ask("manager", "GET", f"{path}EUR")).json()
    file = (await api.ask("manager", "GET", "/figures/pipeline.csv")).text

    assert (refused.status_code, "no rate" in refused.json()["detail"]) == (422, True)
    assert (none.status_code, none.json()["errors"][0]["field"]) == (422, "target_currency")
    assert (told["target"], told["missing"], told["coverage"]) == ("110.00", "110.00", "0.00")
    assert file.splitlines()[1].startswith("open_at_begin,")


async def test_few_closings_make_no_forecast_and_a_year_is_the_longest(api: Api) -> None:
    """A forecast of nothing would be believed."""
    lead = api.lead("ben@a.example")
    same = {"lead": lead, "opened": datetime.now(UTC) - 9 * DAY, "stage": "discovery"}
    with api.database.begin() as connection:
        connection.execute(SALE, same | {"outcome": "", "closed": None, "amount": 5})
    found = (await api.ask("manager", "GET", "/figures/forecast")).json()
    longer = await api.ask("manager", "GET", "/figures/forecast?days=366")

    assert (found["now"]["open"], found["now"]["expected_wins"], found["months"]) == (1, None, [])
    assert (found["weighted"], found["unweighted"]) == ("0.00", "5.00")
    assert (longer.status_code, longer.json()["errors"][0]["field"]) == (422, "days")
    for role in ("sdr", "success"):
        assert (await api.ask(role, "GET", "/figures/forecast")).status_code == 403
