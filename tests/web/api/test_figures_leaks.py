"""Leaks as programs ask for them, and the leads behind their numbers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from tests.store.figures.leak_world import call, cross, meet, rest
from tests.support.lead_histories import add_lead
from tests.web.api.conftest import Api

MARCH = "from=2026-03-01&to=2026-04-01"
BEHIND = "figure_from=2026-03-01&figure_to=2026-04-01"
MOVES = [(1, "known", 0.0), (1, "mql", 1.0)]


def some(api: Api) -> None:
    """Eleven leads of one rep that were tried late, two of a colleague, and seven of another team
    that nobody tried, of which one missed a meeting and one rests too long."""
    with api.database.begin() as connection:
        for owner, leads in (("rep-1", 11), ("rep-2", 2), ("rep-9", 7)):
            for _ in range(leads):
                lead = add_lead(connection, MOVES, owner=owner, source="web")
                cross(connection, lead, 1)
                if owner != "rep-9":
                    call(connection, lead, 1.5)
        meet(connection, lead, 2, 3, "no_show")
        rest(connection, 10, 20, owner="rep-9", source="fair")


async def leaks(api: Api, role: str, query: str = MARCH) -> Any:
    answer = await api.ask(role, "GET", f"/figures/leaks?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def leads(api: Api, role: str, query: str) -> list[str]:
    answer = await api.ask(role, "GET", f"/leads?{query}")
    assert answer.status_code == 200, answer.text
    return [one["owner"] for one in answer.json()["items"]]


async def test_a_manager_sees_all_and_an_sdr_the_own_leads(api: Api) -> None:
    """An SDR would read how a colleague does; and the leads behind a number are no more than the
    number counts."""
    some(api)

    everybody = await leaks(api, "manager", f"{MARCH}&by=team")
    own = await leaks(api, "sdr")

    row = everybody["response"][0]
    assert (row["leads"], row["late"], row["untried"], row["untried_open"]) == (20, 13, 7, 7)
    assert {one["value"]: one["late"] for one in everybody["response"][1:]} == {
        "emea": 13,
        "asia": 0,
    }
    assert (everybody["no_shows"][0]["no_shows"], everybody["resting"][0]["leads"]) == (1, 1)
    assert own["response"][0]["leads"] == 11
    assert own["resting"][0]["leads"] == 0
    late = f"figure=late&{BEHIND}"
    assert sorted(await leads(api, "manager", late)) == ["rep-1"] * 11 + ["rep-2"] * 2
    assert await leads(api, "sdr", late) == ["rep-1"] * 11
    assert await leads(api, "sdr", f"{late}&figure_of=owner:rep-1") == ["rep-1"] * 11
    for door in (f"/leads?{late}&figure_of=owner:rep-2", f"/figures/leaks?{MARCH}&owner=rep-2"):
        # What is shown would be the own leads, under a colleague's name.
        answer = await api.ask("sdr", "GET", door)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "owner")
    assert await leads(api, "manager", f"{late}&figure_of=team:emea&owner=rep-2") == ["rep-2"] * 2
    assert await leads(api, "manager", f"figure=untried&{BEHIND}") == ["rep-9"] * 7
    assert await leads(api, "manager", f"figure=no_show&{BEHIND}") == ["rep-9"]
    assert await leads(api, "manager", "figure=resting") == ["rep-9"]


async def test_marketing_reads_no_rep_by_name_who_has_few_cases(api: Api) -> None:
    """One case would be a judgement of one person."""
    some(api)

    found = await leaks(api, "marketing", f"{MARCH}&by=owner")
    alone = await api.ask("marketing", "GET", f"/figures/leaks?{MARCH}&owner=rep-1")
    few = await api.ask("marketing", "GET", f"/leads?figure=late&{BEHIND}&figure_of=owner:rep-2")

    assert {one["value"]: one["leads"] for one in found["response"]} == {
        None: 20,
        "rep-1": 11,
        "(few)": 2,
        "rep-9": 7,
    }
    assert {one["value"] for one in found["resting"]} == {None, "(few)"}
    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "owner")
    assert (few.status_code, few.json()["errors"][0]["field"]) == (422, "figure_of")
    many = f"figure=late&{BEHIND}&figure_of=owner:rep-1"
    assert len(await leads(api, "marketing", many)) == 11


async def test_marketing_opens_each_number_that_stands_by_a_reps_name(api: Api) -> None:
    """A page folds a rep by all of that leak: a number of fewer that it shows would be refused by
    its own link."""
    moves = [(1, "known", 0.0), (1, "mql", 1.0)]
    with api.database.begin() as connection:
        for day in range(6):
            lead = add_lead(connection, moves, owner="rep-1", source="web")
            cross(connection, lead, 1)
            call(connection, lead, 1.01 if day < 2 else 4)
            meet(connection, lead, 5, 6, "no_show" if day < 2 else "held")
        add_lead(connection, moves[:1], owner="rep-1", source="web")
        for _ in range(2):
            cross(connection, add_lead(connection, moves, owner="rep-2", source="web"), 1)
    found = await leaks(api, "marketing", f"{MARCH}&by=owner")

    assert {one["value"]: one["in_time"] for one in found["response"]}["rep-1"] == 2
    assert {one["value"] for one in found["response"]} == {None, "rep-1", "(few)"}
    for figure, number in (
        ("in_time", 2),
        ("late", 4),
        ("no_show", 2),
        ("waiting&figure_at=known", 1),
        ("entered&figure_at=known", 7),
        ("converted&figure_at=mql", 0),
    ):
        of = f"figure={figure}&{BEHIND}&figure_of=owner:rep-1"
        assert len(await leads(api, "marketing", of)) == number, figure
    for figure in ("handed_over", "waiting&figure_at=mql", "entered", "resting"):
        of = f"figure={figure}&{BEHIND}&figure_of=owner:rep-2"
        assert (await api.ask("marketing", "GET", f"/leads?{of}")).status_code == 422, figure


async def test_without_a_first_day_there_are_ninety_until_the_day_that_is_asked_for(
    api: Api,
) -> None:
    """Two reports of a quarter that each lack a day do not add up to the half-year."""
    today = datetime.now(UTC).date()
    for ends in (today - timedelta(days=200), today + timedelta(days=1), None):
        found = await leaks(api, "manager", f"to={ends}" if ends else "")
        days = date.fromisoformat(found["ends"]) - date.fromisoformat(found["begins"])
        assert days == timedelta(days=90), ends


async def test_what_is_usual_is_what_was_before_the_period(api: Api) -> None:
    """Nobody would be late if their own waiting counted as usual; and with too few before there is
    no saying who is late."""
    with api.database.begin() as connection:
        for days in range(20):
            add_lead(connection, [(1, "known", 0), (1, "engaged", 1 + days / 10)])
        late = add_lead(connection, [(1, "known", 0), (1, "engaged", 8), (1, "mql", 9)])
        connection.execute(text("UPDATE lead SET source = 'web' WHERE id = :id"), {"id": late})
        for days in (20, 40):
            add_lead(connection, [(1, "known", days)], source="web")

    nothing = (await leaks(api, "manager"))["waiting"]
    found = await leaks(api, "manager", "from=2026-04-01&by=source")

    assert {one["baseline_p90_days"] for one in nothing} == {None}
    assert (found["baseline_begins"], found["baseline_ends"]) == ("2025-04-01", "2026-04-01")
    known = next(one for one in found["waiting"] if one["stage"] == "known")
    assert (known["waiting"], known["overdue"], known["baseline_cases"]) == (2, 2, 21)
    assert (known["baseline_median_days"], known["overdue_share"]) == (2.0, None)
    behind = "figure=overdue&figure_at=known&figure_from=2026-04-01&figure_of=source:web"
    answer = (await api.ask("manager", "GET", f"/leads?{behind}")).json()
    assert [one["source"] for one in answer["items"]] == ["web", "web"]


async def test_a_file_has_every_number_and_is_on_record(api: Api) -> None:
    """A file goes on to others: it has no more than its reader may see, and somebody asks later who
    took it."""
    some(api)

    answer = await api.ask("sdr", "GET", f"/figures/leaks.csv?{MARCH}")

    assert 'filename="figures-leaks.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    numbers = {(row["leak"], row["at"]): (row["cases"], row["of"]) for row in rows}
    assert numbers["late", ""] == ("11", "11")
    assert numbers["waiting", "mql"] == ("11", "")
    assert numbers["late_went_on", ""] == ("0", "11")
    assert numbers["no_show", ""] == ("0", "0")
    assert api.value("SELECT path FROM api_change") == "/api/figures/leaks"


async def test_what_can_not_be_counted_is_refused_where_it_was_entered(api: Api) -> None:
    """A figure of nothing would be believed, and a list of nobody taken for good news."""
    for path, field, says in (
        ("/figures/leaks?by=country", "by", "There is no 'country'"),
        ("/figures/leaks?from=2199-01-01", "from", "is in the future"),
        ("/leads?figure=lates", "figure", "There is no 'lates': choose one of"),
        ("/leads?figure=lost&figure_at=mqls", "figure_at", "There is no 'mqls': choose one of"),
        ("/leads?figure=no_show&figure_at=mql", "figure_at", "There is no 'mql': choose one of"),
        ("/leads?figure=late&figure_of=rep-1", "figure_of", "owner:rep-1"),
        ("/leads?figure=late&figure_of=colour:red", "figure_of", "no 'colour'"),
        (
            "/leads?figure=entered&figure_of=kind:old",
            "figure_of",
            "There is no 'old': choose one of",
        ),
        ("/leads?figure=late&figure_of=kind:recycled", "figure_of", "leave 'kind:recycled' out"),
        ("/leads?figure=late&figure_at=mql", "figure_at", "leave 'mql' out"),
        ("/leads?figure=late&figure_from=2199-01-01", "from", "is in the future"),
    ):
        answer = await api.ask("manager", "GET", path)
        assert answer.status_code == 422, path
        assert says in answer.json()["detail"], path
        assert [one["field"] for one in answer.json()["errors"]] == [field], path


async def test_leads_of_a_list_begin_a_cadence_but_for_those_with_sales(api: Api) -> None:
    """A mail of marketing's in the midst of a call, or to a company that is kept out of it, would
    cost more than the play brings; an SDR moves nobody of another team."""
    quiet = api.account("Quiet")
    with api.database.begin() as connection:
        connection.execute(text("UPDATE account SET do_not_market_until = 'infinity'"))
    ours = api.lead("ours@a.example", "rep-2", phase="Nurture")
    called = api.lead("called@a.example", "rep-1", phase="FollowUp")
    kept = api.lead("kept@a.example", "rep-1", phase="Nurture", account_id=quiet)
    theirs = api.lead("theirs@a.example", "rep-9", phase="Nurture")
    body = {"leads": [ours, called, kept, theirs], "cadence": "recycle-reentry"}

    unknown = await api.ask("sdr", "POST", "/leads/play", **body | {"cadence": "no-such"})
    refused = await api.ask("marketing", "POST", "/leads/play", **body)
    done = (await api.ask("sdr", "POST", "/leads/play", **body)).json()

    assert (unknown.status_code, refused.status_code) == (409, 403)
    assert [one["id"] for one in done["started"]] == [ours]
    assert [one["id"] for one in done["left_alone"]] == [called, kept]
    told = "SELECT string_agg(workflow_id, ' ') FROM relay_message WHERE workflow_id LIKE 'lead-%'"
    assert api.value(told) == f"lead-{ours}"
