"""Every list as a file: complete, with the rows that its reader may see, on the audit record."""

from __future__ import annotations

import csv
import io

import pytest

from tests.web.api.conftest import Api
from tests.web.api.growing import LISTS
from web.api import csv_lists


def parsed(body: bytes) -> list[dict[str, str]]:
    """The rows of a file, as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


async def test_every_list_is_a_file_with_all_its_rows(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who exports the second page's leads nowhere, or gets a list without its headings, plans a
    quarter by half of it."""
    monkeypatch.setattr(csv_lists, "MOST", 3)
    api.lead("anna@acme.example", "rep-1", account_id=api.account("Acme"))
    for number, (path, of) in enumerate(LISTS.items()):
        of.grow(api, range(number * 5, number * 5 + 5))
        ask = api.ask_signed_in if of.signed_in else api.ask
        page = (await ask("admin", "GET", f"{path}?limit=500")).json()["items"]
        answer = await ask("admin", "GET", f"{path}?format=csv")

        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert answer.headers["content-type"].startswith("text/csv"), path
        assert answer.content.startswith("\ufeff".encode()), path
        rows = parsed(answer.content)
        assert len(page) >= 5, path
        assert len(rows) == len(page), path
        assert list(rows[0]) == list(page[0]), path


async def test_an_sdr_gets_the_rows_of_its_page_and_no_other(api: Api) -> None:
    """Another team's people would leave with the file."""
    ours = api.lead("ours@acme.example", "rep-1")
    api.lead("theirs@acme.example", "rep-9")

    answer = await api.ask("sdr", "GET", "/leads?format=csv")

    assert [row["id"] for row in parsed(answer.content)] == [str(ours)]
    assert (await api.ask("sdr", "GET", "/changes?format=csv")).status_code == 403
    assert (await api.ask("", "GET", "/leads?format=csv")).status_code == 401


async def test_what_a_spreadsheet_would_compute_is_text(api: Api) -> None:
    """A lead that calls itself a formula would run it on the desk of whoever opens the list."""
    api.lead("a@acme.example", "rep-1", first_name="=HYPERLINK(1)", last_name='김, "서연"')

    (row,) = parsed((await api.ask("admin", "GET", "/leads?format=csv&owner=rep-1")).content)

    assert row["first_name"] == "'=HYPERLINK(1)"
    assert row["last_name"] == '김, "서연"'


async def test_an_export_is_on_record_without_what_was_looked_for(api: Api) -> None:
    """Who took the people out, and how many, is asked when a file turns up elsewhere."""
    api.lead("anna@acme.example", "rep-1")

    await api.ask("marketing", "GET", "/leads?format=csv&search=anna")

    change = (await api.ask("admin", "GET", "/changes")).json()["items"][0]
    assert (change["by"], change["method"], change["path"], change["status"]) == (
        "the marketing", "GET", "/api/leads", 200,
    )  # fmt: skip
    assert change["asked"] == {"rows": 1, "filters": ["search"]}


async def test_what_is_no_file_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that ends early, or holds an error, is taken for the list."""
    monkeypatch.setattr(csv_lists, "LARGEST", 2)
    for n in range(3):
        api.lead(f"{n}@acme.example", "rep-1")
    for address, field in [
        ("/leads?format=csv", ""),
        ("/leads?format=xlsx", "format"),
        ("/leads?format=csv&limit=5", "limit"),
        ("/leads?format=csv&staqe=mql", "staqe"),
        ("/leads/1?format=csv", "format"),
        ("/system?format=csv", "format"),
    ]:
        answer = await api.ask("admin", "GET", address)

        assert answer.status_code == 422, address
        assert answer.headers["content-type"] == "application/problem+json"
        assert not field or answer.json()["errors"][0]["field"] == field, address
    assert api.value("SELECT count(*) FROM api_change") == 0
