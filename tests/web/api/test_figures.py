"""Figures as programs ask for them."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx2 as httpx

from domain.engagement.campaigns import LONGEST
from tests.support.lead_histories import add_lead, facts_wait
from tests.web.api.conftest import Api


def some(api: Api) -> None:
    """Two leads of each team that went through the funnel, and eleven of one rep."""
    moves = [(1, "known", 0.0), (1, "mql", 3.0), (1, "customer", 9.0)]
    with api.database.begin() as connection:
        for owner, leads in (("rep-1", 11), ("rep-2", 2), ("rep-9", 12)):
            for _ in range(leads):
                add_lead(connection, moves, owner=owner, source="web")


async def funnel(api: Api, role: str, **query: Any) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await api.ask(role, "GET", f"/figures/funnel?{asked}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_manager_sees_all_and_an_sdr_the_team(api: Api) -> None:
    """An SDR would read how another team does."""
    some(api)

    everybody = await funnel(api, "manager", by="team")
    team = await funnel(api, "sdr")

    assert everybody["stages"][0] == {
        "stage": "known",
        "entered": 25,
        "implied": 0,
        "converted": 25,
        "immature": 0,
        "left": None,
        "conversion": 1.0,
        "median_days": None,
        "p25_days": None,
        "p75_days": None,
        "p90_days": None,
        "censored_median_days": None,
        "faults": 0,
    }
    assert (everybody["won"], everybody["overall_conversion"]) == (25, 1.0)
    assert everybody["median_days_to_won"] == 9
    assert [(part["value"], part["funnel"]["won"]) for part in everybody["parts"]] == [
        ("emea", 13),
        ("asia", 12),
    ]
    # Thirteen are too few to speak of a share.
    assert (team["won"], team["overall_conversion"]) == (13, None)
    assert (await funnel(api, "manager", owner="rep-2"))["won"] == 2
    other = await api.ask("sdr", "GET", "/figures/funnel?team=asia")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "team")
    assert (await funnel(api, "sdr", team="emea"))["won"] == 13


async def test_marketing_reads_no_rep_by_name_who_has_few_cases(api: Api) -> None:
    """One case would be a judgement of one person."""
    some(api)

    parts = (await funnel(api, "marketing", by="owner"))["parts"]

    assert {part["value"] for part in parts} == {"rep-1", "rep-9", "(few)"}
    assert sum(part["funnel"]["won"] for part in parts) == 25
    alone = await api.ask("marketing", "GET", "/figures/funnel?owner=rep-2")
    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "owner")
    assert (await funnel(api, "marketing", owner="rep-1"))["won"] == 11


async def test_few_leads_without_an_owner_hide_no_figures_from_marketing(api: Api) -> None:
    """Nobody is no person: two leads that wait for a rep would cost marketing the whole report."""
    some(api)
    with api.database.begin() as connection:
        for _ in range(2):
            add_lead(connection, [(1, "known", 0.0)], source="web")

    for mode in ("cohort", "activity"):
        parts = (await funnel(api, "marketing", by="owner", mode=mode))["parts"]
        assert {part["value"] for part in parts} == {"", "rep-1", "rep-9", "(few)"}
    nobody = await funnel(api, "marketing", owner="", by="source")
    assert nobody["stages"][0]["entered"] == 2


async def test_marketing_reads_no_rep_by_name_of_whom_little_moved(api: Api) -> None:
    """Whose leads were only recycled in the period entered no stage in it: they would stand there
    by name with two moves."""
    with api.database.begin() as connection:
        for owner, leads in (("rep-1", 5), ("rep-2", 2)):
            for _ in range(leads):
                moves = [(1, "known", 0.0), (1, "recycled", 20.0)]
                add_lead(connection, moves, owner=owner, source="web")
    period = {"from": "2026-03-10", "to": "2026-04-10", "mode": "activity"}

    parts = (await funnel(api, "marketing", by="owner", **period))["parts"]

    assert {part["value"]: part["funnel"]["stages"][0]["left"] for part in parts} == {
        "rep-1": 5,
        "(few)": 2,
    }
    asked = "&".join(f"{name}={value}" for name, value in period.items())
    alone = await api.ask("marketing", "GET", f"/figures/funnel?owner=rep-2&{asked}")
    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "owner")


async def test_a_long_name_of_a_campaign_narrows_figures_and_opens_its_leads(api: Api) -> None:
    """As many characters of a link's parameters are kept: the page's own links would be refused."""
    name = "c" * LONGEST
    with api.database.begin() as connection:
        add_lead(connection, [(1, "known", 0.0)], source=name)

    assert (await funnel(api, "manager", source=name))["stages"][0]["entered"] == 1
    for asked in (f"figure=entered&figure_of=source:{name}", f"source={name}"):
        answer = await api.ask("manager", "GET", f"/leads?{asked}")
        assert len(answer.json()["items"]) == 1
    for path in (f"funnel?campaign={name}", f"leaks?source={name}", f"recycle?source={name}"):
        assert (await api.ask("manager", "GET", f"/figures/{path}")).status_code == 200
    longer = await api.ask("manager", "GET", f"/leads?figure=entered&figure_of=campaign:{name}")
    assert longer.status_code == 200


async def test_a_file_has_the_figures_of_the_caller_and_is_on_record(api: Api) -> None:
    """A file goes on to others: it has no more than its reader may see, and somebody asks later who
    took it."""
    some(api)

    answer = await api.ask("sdr", "GET", "/figures/funnel.csv?by=owner")

    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="figures-funnel.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [rows[0][name] for name in ("kind", "stage", "entered")] == ["all", "known", "13"]
    assert {row["value"] for row in rows} == {"", "rep-1", "rep-2"}
    assert (await api.ask("sdr", "GET", "/figures/money.csv")).status_code == 403
    money = await api.ask("manager", "GET", "/figures/money.csv")
    assert money.headers["content-type"].startswith("text/csv")
    recorded = "SELECT string_agg(path, ' ' ORDER BY id) FROM api_change"
    assert api.value(recorded) == "/api/figures/funnel /api/figures/money"


async def test_each_report_says_of_how_many_leads_it_is_behind(api: Api) -> None:
    """While facts are made anew after an import, half of the leads would look like all."""
    some(api)
    with facts_wait(api.database):
        for path in ("funnel", "speed", "recycle", "money"):
            answer = await api.ask("manager", "GET", f"/figures/{path}")
            assert answer.json()["behind"] == 25, path
        for path in ("funnel", "money"):
            answer = await api.ask("manager", "GET", f"/figures/{path}.csv")
            assert answer.headers["leads-behind"] == "25"

    assert (await funnel(api, "manager"))["behind"] == 0
    assert "leads-behind" not in (await api.ask("manager", "GET", "/figures/money.csv")).headers


async def test_what_can_not_be_counted_is_refused_where_it_was_entered(api: Api) -> None:
    """A figure of nothing would be believed."""
    some(api)
    for query, field, says in (
        ("by=colour", "by", "There is no 'colour'"),
        ("from=2199-01-01", "from", "is in the future"),
        ("to=2199-01-01", "to", "is in the future"),
        ("from=2026-03-05&to=2026-03-05", "to", "is empty"),
        ("window=9000", "window", "longer than there are data"),
        ("window=0", "window", "at least one day"),
        ("mode=guess", "mode", "There is no 'guess'"),
        ("colour=red", "colour", "no such parameter"),
    ):
        answer = await api.ask("manager", "GET", f"/figures/funnel?{query}")
        assert answer.status_code == 422, query
        assert says in answer.json()["detail"], query
        assert [one["field"] for one in answer.json()["errors"]] == [field], query


async def test_a_history_is_imported_by_marketing_and_changes_nobody(api: Api) -> None:
    """A program brings the last year over; an SDR may not, and a wrong column is named."""
    leads = ("leads.csv", b"id,known\na,2026-01-05\nb,2026-01-06\nc,soon\n")
    deals = ("deals.csv", b"id,closed,sdr\na,2026-02-05,rep-1\nb,2025-02-05,rep-1\n")

    async def send(role: str, mapping: str) -> Any:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(api.app), base_url="http://go.test/api", timeout=60
        ) as client:
            return await client.post(
                "/figures/history",
                headers={"Authorization": f"Bearer {api.tokens[role]}"},
                files=[("files", leads), ("files", deals)],
                data={"mapping": mapping},
            )

    messages = api.value("SELECT count(*) FROM relay_message")
    made = await send("marketing", '{"closed": "won", "sdr": "owner"}')
    assert (await send("sdr", "{}")).status_code == 403
    wrong = await send("marketing", '{"shut": "won"}')
    not_json = await send("marketing", "closed=won")

    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in ("rows", "created", "rejected")} == {
        "rows": 5,
        "created": 2,
        "rejected": 2,
    }
    assert [(one["file"], one["row"], one["kind"]) for one in made.json()["rejects"]] == [
        ("leads.csv", 4, "no day"),
        ("deals.csv", 3, "won before first contact"),
    ]
    assert (await funnel(api, "manager", owner="rep-1"))["won"] == 1
    assert (wrong.status_code, "no column 'shut'" in wrong.text) == (422, True)
    assert (not_json.status_code, "JSON object" in not_json.text) == (422, True)
    assert api.value("SELECT count(*) FROM lead") == 0
    # The one there was before.
    assert api.value("SELECT count(*) FROM relay_message") == messages
