"""Leads over the API: none is missed, and what happened to one is told."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.web.api.conftest import Api


async def test_leads_are_read_page_by_page_and_each_once(api: Api) -> None:
    """A lead that is skipped between two pages is missing from somebody's report."""
    made = [api.lead(f"lead-{number}@acme.example", "rep-1") for number in range(5)]
    api.lead("other@acme.example", "rep-2", stage="sal")

    seen: list[int] = []
    path = "/leads?owner=rep-1&stage=mql&limit=2"
    page = (await api.ask("ops", "GET", path)).json()
    seen += [lead["id"] for lead in page["items"]]
    while page["next_cursor"]:
        page = (await api.ask("ops", "GET", f"{path}&cursor={page['next_cursor']}")).json()
        seen += [lead["id"] for lead in page["items"]]

    assert seen == made


async def test_leads_are_read_in_the_order_of_fit_and_of_interest(api: Api) -> None:
    """A report of the best leads would hold the oldest."""
    now = datetime.now(UTC)
    made = [
        api.lead(
            f"lead-{number}@acme.example",
            fit=fit,
            fit_points=points,
            interest=interest,
            interest_as_of=now,
        )
        for number, (fit, points, interest) in enumerate(
            [("C", 5, 1.0), ("A", 60, 3.0), ("C", 5, 9.0), ("B", 40, 0.0), ("A", 70, 2.0)]
        )
    ]

    async def pages(query: str) -> list[int]:
        seen: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = f"/leads?{query}&limit=2" + (f"&cursor={cursor}" if cursor else "")
            page = (await api.ask("ops", "GET", asked)).json()
            seen += [lead["id"] for lead in page["items"]]
            cursor = page["next_cursor"]
        return [made.index(one) for one in seen]

    assert await pages("order=fit") == [4, 1, 3, 2, 0]
    assert await pages("order=interest") == [2, 1, 4, 0, 3]
    assert await pages("order=fit&grade=A") == [4, 1]
    first = (await api.ask("ops", "GET", "/leads?order=fit&limit=1")).json()["items"][0]
    assert (first["fit"], first["fit_points"], first["interest"]) == ("A", 70, 4)
    assert (await api.ask("ops", "GET", "/leads?order=age")).status_code == 422


async def test_a_search_finds_by_beginnings_and_shows_no_other_teams_leads(api: Api) -> None:
    """A program that looks up who writes gets the same as the console."""
    api.lead("jane.doe@acme.example", "rep-1", first_name="Jane", last_name="Doe")
    api.lead("jane@globex.example", "rep-9", first_name="Jane", last_name="Roe")

    every = (await api.ask("ops", "GET", "/leads?search=jan")).json()["items"]
    ours = (await api.ask("sdr", "GET", "/leads?search=jan")).json()["items"]
    one = (await api.ask("ops", "GET", "/leads?search=doe%20acme")).json()["items"]

    assert [lead["last_name"] for lead in every] == ["Doe", "Roe"]
    assert [lead["last_name"] for lead in ours] == ["Doe"]
    assert one == ours


async def test_a_lead_comes_with_its_score_explained_and_its_history(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1", first_name="Jane", last_name="Doe")
    api.task(lead, "rep-1")

    shown = (await api.ask("sdr", "GET", f"/leads/{lead}")).json()

    assert shown["lead"]["email"] == "jane@acme.example"
    assert shown["scoring"]["standing"]["meaning"] == "known"
    assert [line["what"] for line in shown["history"]] == ["task"]


async def test_the_history_says_who_had_a_lead_and_which_promises_broke(api: Api) -> None:
    """A manager asked by a lead why nobody called has nothing else to look at."""
    lead = api.lead("jane@acme.example", "rep-2")
    api.value(
        "INSERT INTO assignment (lead_id, owner, previous, cause, by, at) VALUES "
        "(:lead, '', '', 'unassigned', '', '2026-05-04 08:00Z'), "
        "(:lead, 'rep-1', '', 'routed', '', '2026-05-04 09:00Z'), "
        "(:lead, 'rep-2', 'rep-1', 'reassigned', 'the manager', '2026-05-04 12:00Z') RETURNING 1",
        lead=lead,
    )
    api.value(
        "WITH clock AS (INSERT INTO sla_clock (key, lead_id, promise, state, started_at, due_at) "
        "VALUES ('accept:1', :lead, 'accept_hot', 'breached', '2026-05-04 09:00Z', "
        "'2026-05-04 09:05Z') RETURNING id) INSERT INTO sla_action (clock_id, action, pilot, "
        "detail, at) SELECT id, 'breach', false, '', timestamptz '2026-05-04 09:05Z' FROM clock "
        "UNION ALL SELECT id, 'remind', true, '', timestamptz '2026-05-04 09:06Z' FROM clock "
        "RETURNING 1",
        lead=lead,
    )

    history = (await api.ask("manager", "GET", f"/leads/{lead}")).json()["history"]

    assert [(line["what"], line["detail"]) for line in history] == [
        ("owner", "nobody · unassigned"),
        ("owner", "rep-1 · routed"),
        ("promise", "accept hot · breach"),
        ("promise", "accept hot · remind · only noted"),
        ("owner", "rep-2 · reassigned · from rep-1 · by the manager"),
    ]


async def test_points_are_added_by_a_program_as_at_a_terminal(api: Api) -> None:
    """A fair's badge scanner, or a CRM, could tell us of nobody's interest."""
    lead = api.lead("jane@acme.example", "rep-1")
    other = api.lead("jon@acme.example", "rep-9")

    first = await api.ask("marketing", "POST", f"/leads/{lead}/score", points=30)
    second = await api.ask("sdr", "POST", f"/leads/{lead}/score", points=-10)
    hidden = await api.ask("sdr", "POST", f"/leads/{other}/score", points=30)
    absurd = await api.ask("marketing", "POST", f"/leads/{lead}/score", points=10_001)

    assert (first.json()["score"], second.json()["score"]) == (30, 20)
    assert (hidden.status_code, absurd.status_code) == (404, 422)


async def test_a_lead_whose_site_was_clicked_by_a_program_is_shown_at_once(api: Api) -> None:
    """60,000 page views made an answer of 5 MB that took ten seconds; what is left out is there
    page by page."""
    lead = api.lead("jane@acme.example", "rep-1")
    api.value(
        "INSERT INTO engagement (key, lead_id, kind, name, rule, points, worth, at) "
        "SELECT 'e' || n, :lead, 'page', 'page ' || n, 'looked', 1, 1, "
        "now() - n * interval '1 minute' FROM generate_series(1, 2000) AS n RETURNING 1",
        lead=lead,
    )

    shown = await api.ask("sdr", "GET", f"/leads/{lead}")
    dossier = await api.ask("sdr", "GET", f"/leads/{lead}/dossier")
    others = await api.ask("sdr", "GET", f"/leads/{api.lead('x@y.example', 'rep-9')}/history")

    told = shown.json()
    assert (len(told["history"]), told["history_length"]) == (50, 2000)
    assert told["history"][-1]["detail"] == "page · page 1 · +1 points"
    assert [(one["rule"], one["times"]) for one in told["scoring"]["interest"]] == [
        ("looked", 2000)
    ]
    assert max(len(shown.content), len(dossier.content)) < 20_000
    assert others.status_code == 404
