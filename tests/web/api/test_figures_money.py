"""What leads and wins cost and bring, reckoned from what happened."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.web.api.conftest import Api

MAY = datetime(2025, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def write(api: Api, table: str, **values: Any) -> int:
    """A row; its id."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    with api.database.begin() as connection:
        made: int = connection.execute(
            text(f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id"), values
        ).scalar_one()
    return made


def touch(api: Api, lead: int, day: float, source: str, campaign: str = "") -> None:
    """The lead came by a campaign, so many days after the first of May."""
    at = MAY + day * DAY
    key = f"{lead}-{day}-{source}"
    values = {"via": "page", "source": source, "campaign": campaign, "at": at}
    write(api, "campaign_touch", key=key, lead_id=lead, **values)


def stage(api: Api, lead: int, day: float, to: str, *, cycle: int = 1, reason: str = "") -> None:
    """The lead came to a stage."""
    write(
        api,
        "stage_transition",
        lead_id=lead,
        key=f"{lead}-{day}-{to}",
        from_stage="known",
        to_stage=to,
        phase="FollowUp",
        reason=reason,
        cycle=cycle,
        at=MAY + day * DAY,
    )


def sale(api: Api, lead: int, days: tuple[float, float], amount: str | None, code: str) -> None:
    """The lead bought something: when it was opened, and when it was won."""
    opened, won = days
    write(
        api,
        "opportunity",
        key=f"{lead}-{opened}",
        lead_id=lead,
        opened_at=MAY + opened * DAY,
        outcome="won",
        closed_at=MAY + won * DAY,
        amount=amount,
        currency=code if amount else "",
    )


async def money(api: Api, **asked: str) -> dict[str, Any]:
    """The report on May."""
    query = {"from": "2025-05-01", "to": "2025-06-01"} | asked
    answer = await api.ask(
        "marketing", "GET", "/figures/money?" + "&".join(f"{k}={v}" for k, v in query.items())
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _rates(api: Api, *rows: tuple[str, str, str]) -> None:
    said = [{"currency": code, "day": day, "rate": rate} for code, day, rate in rows]
    assert (await api.ask("manager", "POST", "/exchange-rates", rows=said)).status_code == 200


async def test_a_small_history_reckoned_by_hand(api: Api) -> None:
    """Two currencies, a recycled lead, one that sales found, one that bought again, and one that
    came by its campaign too late."""
    await _rates(api, ("EUR", "2025-05-01", "1.10"), ("EUR", "2025-05-20", "1.20"))
    spend = [
        {"source": "google", "campaign": "spring", "month": "2025-05", "amount": "300"},
        {"source": "fair", "day": "2025-05-31", "amount": "100", "currency": "EUR"},
        {"source": "fair", "day": "2025-06-01", "amount": "999"},
    ]
    await api.ask("marketing", "POST", "/spend", rows=spend)
    anna = api.lead("anna@a.example", created_at=MAY + 2 * DAY, source="website")
    ben = api.lead("ben@b.example", created_at=MAY + 3 * DAY, source=" Fair ")
    eva = api.lead("eva@c.example", created_at=MAY - 90 * DAY, source="")
    for day, source, campaign in ((1, "google", "spring"), (9, "mail", ""), (19, "late", "")):
        touch(api, anna, day, source, campaign)
    touch(api, ben, 19.5, "late")
    stage(api, anna, 4, "mql")
    stage(api, ben, 4, "mql", reason="outbound")
    stage(api, eva, -80, "mql")
    stage(api, eva, -10, "customer", cycle=2)
    stage(api, eva, 5, "mql", cycle=3)
    sale(api, anna, (10, 15), "1000", "EUR")
    sale(api, ben, (12, 25), "500", "EUR")
    sale(api, ben, (12.5, 26), None, "")
    sale(api, eva, (2, 8), "70.07", "USD")
    sale(api, eva, (2.5, 31), "1000000", "USD")

    told = await money(api)
    rows = {
        one["source"]: [one[name] for name in ("leads", "mqls", "mqls_recycled", "wins", "value")]
        for one in told["rows"]
    }

    assert rows == {
        # 30 for the first touch and 30 for the lead are the same touch's: 60 of 90.
        "google": [1, 1, 0, "0.67", "733.33"],
        "fair": [1, 1, 0, "2.00", "600.00"],
        "mail": [0, 0, 0, "0.33", "366.67"],
        "": [0, 0, 1, "1.00", "70.07"],
    }
    costs = {one["source"]: (one["spend"], one["cost_per_lead"]) for one in told["rows"]}
    assert costs["google"] == ("300.00", "300.00")
    assert costs["fair"] == ("120.00", "120.00")
    assert (told["total"]["wins"], told["total"]["wins_recycled"]) == ("4.00", "1.00")
    assert (told["total"]["value"], told["total"]["spend"]) == ("1770.07", "420.00")
    assert [(one["department"], one["wins"], one["value"]) for one in told["departments"]] == [
        ("marketing", 1, "1100.00"),
        ("sales", 2, "600.00"),
        ("customer_success", 1, "70.07"),
        ("unknown", 0, "0.00"),
    ]
    assert (told["wins_without_amount"], told["total"]["return_on_spend"]) == (1, None)
    first = {one["source"]: one["value"] for one in (await money(api, model="first"))["rows"]}
    assert (first["google"], first.get("mail")) == ("1100.00", None)


FIRST_WAY_TWO = """
    SELECT coalesce(touch.source, lower(lead.source)) AS source, count(*) AS wins,
        round(sum(amount * CASE currency WHEN 'EUR' THEN
            (CASE WHEN closed_at < '2025-05-16' THEN 1.10 ELSE 1.20 END) ELSE 1 END), 6) AS value
    FROM opportunity JOIN lead ON lead.id = lead_id
    LEFT JOIN (
        SELECT DISTINCT ON (one.lead_id, sale) one.lead_id, one.source, sale
        FROM campaign_touch AS one JOIN (SELECT id AS sale, lead_id, opened_at FROM opportunity)
            AS sales ON sales.lead_id = one.lead_id AND one.at <= opened_at
        JOIN lead ON lead.id = one.lead_id AND (lead.source = '' OR one.at <= lead.created_at)
        ORDER BY one.lead_id, sale, one.at
    ) AS touch ON touch.sale = opportunity.id
    WHERE outcome = 'won' AND closed_at >= '2025-05-01' AND closed_at < '2025-06-01'
    GROUP BY 1
"""


async def test_the_report_is_what_a_second_statement_says_and_its_parts_add_up(api: Api) -> None:
    """A report that is wrong by a join is believed for a year."""
    await _rates(api, ("EUR", "2025-01-01", "1.10"), ("EUR", "2025-05-16", "1.20"))
    chance = random.Random(15)
    for number in range(80):
        created, source = chance.uniform(-40, 25), chance.choice(["Fair", "ads", "partner"])
        lead = api.lead(f"l{number}@x.example", created_at=MAY + created * DAY, source=source)
        for _ in range(chance.randrange(4)):
            touch(api, lead, chance.uniform(-60, 30), chance.choice("abc"), chance.choice("xy"))
        if number % 3 != 2:
            opened = created + chance.uniform(0, 9)
            amount = f"{chance.randrange(1, 10**7) / 100:.2f}"
            code = chance.choice(["EUR", "USD"])
            sale(api, lead, (opened, opened + chance.uniform(0, 30)), amount, code)

    told = await money(api, model="first")
    with api.database.connect() as connection:
        known = {one.source: one for one in connection.execute(text(FIRST_WAY_TWO))}
    rows = {one["source"]: one for one in told["rows"] if Decimal(one["wins"])}

    assert rows.keys() == known.keys()
    for source, row in rows.items():
        assert Decimal(row["wins"]) == known[source].wins
        assert abs(Decimal(row["value"]) - known[source].value) < Decimal("0.01")
    for model in ("first", "last", "w"):
        whole = await money(api, model=model, by="campaign")
        halves = [
            await money(api, model=model, to="2025-05-16"),
            await money(api, model=model, **{"from": "2025-05-16"}),
        ]
        for name in ("leads", "mqls", "wins", "spend", "value"):
            total = Decimal(whole["total"][name])
            assert sum(Decimal(one[name]) for one in whole["rows"]) == total
            parts = sum(Decimal(one["total"][name]) for one in halves)
            assert abs(parts - total) <= Decimal("0.01")
        assert sum(Decimal(one["value"]) for one in whole["departments"]) == Decimal(
            whole["total"]["value"]
        )
        assert Decimal(whole["total"]["wins"]) >= 20
        assert sum(Decimal(one["share"]) for one in whole["departments"]) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=country", "There is no 'country': choose one of source, campaign"),
        ("model=best", "There is no 'best'"),
        ("to=2199-01-01", "is in the future"),
        ("from=2025-05-01&to=2025-05-01", "is empty"),
        ("from=2025-05-01&to=2025-06-01", "no rate to USD for KRW 2025-05-09 (1 in all)"),
    ],
)
async def test_what_can_t_be_told_is_a_sentence(api: Api, query: str, said: str) -> None:
    """A report that leaves out what it does not know looks like any other."""
    sale(api, api.lead("anna@a.example"), (1, 8), "1000", "KRW")

    answer = await api.ask("ops", "GET", f"/figures/money?{query}")

    assert answer.status_code == 422
    assert said in answer.json()["detail"]


async def test_imported_history_costs_and_brings_what_its_file_says(api: Api) -> None:
    """The last twelve months are the baseline: without their money each campaign looks better."""
    await _rates(api, ("EUR", "2025-01-01", "1.10"))
    for number, (day, amount, code) in enumerate(((9, "100", "EUR"), (9, "5", ""), (40, "1", ""))):
        write(
            api,
            "funnel_unit",
            record=f"r{number}",
            cycle=1,
            known_at=MAY + DAY,
            mql_at=MAY + 2 * DAY,
            stage=6,
            stage_since=MAY,
            outcome="won",
            outcome_at=MAY + day * DAY,
            source="Fair",
            campaign="Spring",
            amount=amount,
            currency=code,
        )

    told = await money(api, by="campaign")

    (row,) = told["rows"]
    assert (row["source"], row["campaign"], row["leads"], row["mqls"]) == ("fair", "spring", 3, 3)
    assert (row["wins"], row["value"]) == ("2.00", "115.00")
    assert told["departments"][-1] == {
        "department": "unknown",
        "wins": 2,
        "wins_recycled": 0,
        "value": "115.00",
        "share": None,
    }


async def test_the_pipeline_of_a_month_is_told_by_what_was_said_then(api: Api) -> None:
    """What is known of an amount today was not known at the beginning of the month."""
    lead = api.lead("anna@a.example")
    sales = [
        write(
            api,
            "opportunity",
            key=f"sale-{number}",
            lead_id=lead,
            opened_at=MAY + opened * DAY,
            amount=amount,
            currency="USD",
        )
        for number, (opened, amount) in enumerate(((-20, "150"), (-9, "40"), (3, "7"), (40, "1")))
    ]
    changes = ((0, -10, "80", "90"), (0, 5, "90", "120"), (0, 35, "120", "150"), (1, 33, "9", "40"))
    for place, day, before, amount in changes:
        write(
            api,
            "opportunity_change",
            opportunity_id=sales[place],
            amount_before=before,
            amount=amount,
            currency_before="USD",
            currency="USD",
            by="rep-1",
            at=MAY + day * DAY,
        )

    path = "/figures/pipeline?from=2025-05-01&to=2025-06-01&target=258"
    told = (await api.ask("manager", "GET", path)).json()
    known = {one["part"]: (one["opportunities"], one["value"]) for one in told["lines"]}

    assert {part: known[part] for part in known if known[part][0]} == {
        "open_at_begin": (2, "99.00"),
        "created": (1, "7.00"),
        "grown": (1, "30.00"),
        "open_at_end": (3, "136.00"),
    }
    assert (told["missing"], told["coverage"]) == ("258.00", "0.53")
