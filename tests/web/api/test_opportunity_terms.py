"""What opportunities are worth and when they close, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.conftest import Api


async def _sale(api: Api, owner: str = "rep-1", **terms: Any) -> int:
    lead = api.lead(f"jane@{owner}.example", owner)
    opened = await api.ask(
        "manager", "POST", "/opportunities", lead_id=lead, name="Second site", **terms
    )
    assert opened.status_code == 201, opened.text
    sale: int = opened.json()["id"]
    return sale


async def test_what_was_said_of_an_amount_before_is_kept(api: Api) -> None:
    """Nobody could tell later whether a sale grew, was pulled in or slipped, nor who said so."""
    sale = await _sale(api, amount="40000", currency="eur", expected_close="2026-06-30")
    path = f"/opportunities/{sale}"

    grown = await api.ask("sdr", "PATCH", path, amount="48000.50")
    slipped = await api.ask("manager", "PATCH", path, expected_close="2026-09-30")
    same = await api.ask("manager", "PATCH", path, amount="48000.50")
    changes = (await api.ask("ops", "GET", f"{path}/changes")).json()["items"]

    assert (grown.status_code, slipped.status_code, same.status_code) == (200, 200, 200)
    assert same.json()["amount"] == "48000.50"
    assert [
        (one["amount_before"], one["amount"], one["expected_close_before"], one["expected_close"])
        for one in changes
    ] == [
        ("48000.50", "48000.50", "2026-06-30", "2026-09-30"),
        ("40000.00", "48000.50", "2026-06-30", "2026-06-30"),
        (None, "40000.00", None, "2026-06-30"),
    ]
    assert [(one["currency"], one["by"]) for one in changes] == [
        ("EUR", "the manager"),
        ("EUR", "rep-1"),
        ("EUR", "the manager"),
    ]


async def test_an_amount_without_a_currency_is_in_the_company_s(api: Api) -> None:
    """A bare number could be anything in a sum."""
    sale = await _sale(api)

    said = (await api.ask("sdr", "PATCH", f"/opportunities/{sale}", amount=7)).json()
    gone = (await api.ask("sdr", "PATCH", f"/opportunities/{sale}", amount=None)).json()

    assert (said["amount"], said["currency"]) == ("7.00", "USD")
    assert (gone["amount"], gone["currency"]) == (None, "")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"amount": 0.1}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "0.5", "currency": "JPY"}, "amount"),
        ({"amount": "5", "currency": "EURO"}, "currency"),
        ({"currency": "EUR"}, "amount"),
        ({"expected_close": "30/06/2026"}, "expected_close"),
    ],
)
async def test_what_can_t_be_money_is_refused_at_its_field(
    api: Api, terms: dict[str, Any], field: str
) -> None:
    """A binary number is not the amount that was meant; half a yen or a currency that is none
    would be missed in a sum much later."""
    sale = await _sale(api)

    refused = await api.ask("sdr", "PATCH", f"/opportunities/{sale}", **terms)

    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"] == field
    assert api.value("SELECT count(*) FROM opportunity_change") == 0


async def test_the_sales_of_another_team_are_not_an_sdr_s_to_value(api: Api) -> None:
    """Whoever may not see a sale may not change what it is worth."""
    sale = await _sale(api, "rep-9")

    asked = [
        await api.ask("sdr", "PATCH", f"/opportunities/{sale}", amount="1"),
        await api.ask("sdr", "GET", f"/opportunities/{sale}/changes"),
        await api.ask("marketing", "PATCH", f"/opportunities/{sale}", amount="1"),
    ]

    assert [one.status_code for one in asked] == [404, 404, 403]
