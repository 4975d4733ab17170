"""What was spent and what currencies are worth, over the API."""

from __future__ import annotations

from typing import Any

from tests.web.api.conftest import Api

SPRING = {"source": "Google", "campaign": "Spring", "month": "2025-05", "amount": "1200"}


async def _enter(api: Api, path: str, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = await api.ask("marketing", "POST", path, rows=list(rows))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_same_spend_twice_counts_once_and_a_correction_is_on_record(api: Api) -> None:
    """A file that is sent twice would double what a lead costs; a figure that is replaced in
    silence makes last month's report wrong, and nobody knows since when."""
    first = await _enter(api, "/spend", SPRING)
    again = await _enter(api, "/spend", SPRING | {"source": " google "})
    corrected = await _enter(api, "/spend", SPRING | {"amount": "1350.50", "currency": "EUR"})
    listed = (await api.ask("ops", "GET", "/spend")).json()["items"]
    restated = (await api.ask("ops", "GET", "/restatements")).json()["items"]

    assert (first["new"], again["unchanged"], corrected["restated"]) == (1, 1, 1)
    assert [(one["source"], one["campaign"], one["span"], one["day"]) for one in listed] == [
        ("google", "spring", "month", "2025-05-01")
    ]
    assert (listed[0]["amount"], listed[0]["currency"]) == ("1350.50", "EUR")
    assert [(one["of"], one["before"], one["after"]) for one in restated] == [
        ("google / spring / 2025-05", "USD 1200.00", "EUR 1350.50")
    ]


async def test_what_would_count_twice_or_can_t_be_is_left_out_with_its_reason(api: Api) -> None:
    """A month and its days together are twice the money; a row in a currency that is none would
    hide in a sum."""
    day = {"source": "google", "campaign": "spring", "day": "2025-05-04", "amount": "40"}
    told = await _enter(
        api,
        "/spend",
        SPRING,
        day,
        SPRING | {"amount": "7"},
        {"source": "fair", "day": "2199-01-01", "amount": "1"},
        {"source": "fair", "day": "2025-05-04", "amount": "1", "currency": "EURO"},
        day | {"campaign": "autumn"},
    )

    assert told["new"] == 2
    assert [(one["row"], one["reason"].partition(":")[0]) for one in told["refused"]] == [
        (1, "The whole of 2025-05 was entered for this source and campaign"),
        (2, "An earlier row is a figure of the same"),
        (3, "2199-01-01 lies in the future"),
        (4, "'EURO' is no currency"),
    ]


async def test_rates_are_kept_by_day(api: Api) -> None:
    """A sum of last year is to be told in the rates of last year."""
    may = {"currency": "eur", "day": "2025-05-01", "rate": "1.10"}
    june = {"currency": "EUR", "day": "2025-06-01", "rate": "1.20"}
    told = await _enter(api, "/exchange-rates", june, may, may | {"currency": "USD"})
    await _enter(api, "/exchange-rates", may | {"rate": "1.11"})
    listed = (await api.ask("ops", "GET", "/exchange-rates")).json()["items"]
    restated = (await api.ask("ops", "GET", "/restatements")).json()["items"]

    assert told["new"] == 2
    assert [(one["row"], one["reason"]) for one in told["refused"]] == [
        (2, "USD is the company's own currency: it needs no rate.")
    ]
    assert [(one["day"], one["rate"]) for one in listed] == [
        ("2025-05-01", "1.11"),
        ("2025-06-01", "1.20"),
    ]
    assert [one["of"] for one in restated] == ["EUR to USD / 2025-05-01"]


async def test_an_sdr_enters_no_money_and_reads_none(api: Api) -> None:
    """Figures that everybody is measured by are not everybody's to write; and an SDR sees those of
    the team alone, for which nothing is spent."""
    assert (await api.ask("sdr", "GET", "/figures/money")).status_code == 403
    for path in ("/spend", "/exchange-rates"):
        assert (await api.ask("sdr", "POST", path, rows=[SPRING])).status_code == 403
