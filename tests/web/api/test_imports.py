"""Imports over the API: a file in, leads and rejects out, and nothing lost when the app dies."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from services import import_job
from store.imports import import_runs
from tests.web.api.conftest import Api
from web.api.access import WebContext

EXPORT = """\
Work mail;First Name;Company;업종;Email Opt Out
dana@acme.example;Dana;Acme;소프트웨어;Yes
not an address;Nobody;Acme;
kim@hanbit.example;"Kim
Minsu";Hanbit;유통;No
;No Mail;Acme;
"""
SECONDS = 60.0


async def upload(api: Api, content: str | bytes = EXPORT, **form: str) -> httpx.Response:
    """Send a file as a browser's form does."""
    transport = httpx.ASGITransport(api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://go.test/api") as client:
        return await client.post(
            "/imports",
            headers={"Authorization": f"Bearer {api.tokens['marketing']}"},
            files={"file": ("export.csv", content, "text/csv")},
            data={"mapping": json.dumps({"Work mail": "email"}), "cadence": "welcome-nurture"}
            | form,
        )


async def ended(api: Api, import_id: int) -> dict[str, Any]:
    """The import when it is over."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        run: dict[str, Any] = (await api.ask("ops", "GET", f"/imports/{import_id}")).json()["run"]
        if run["state"] != "running":
            return run
        await asyncio.sleep(0.05)
    raise AssertionError("the import does not end")


async def test_a_file_becomes_leads_and_rejects(api: Api) -> None:
    answer = await upload(api, source="fair")
    run = await ended(api, answer.json()["run"]["id"])
    again = await ended(api, (await upload(api)).json()["run"]["id"])

    assert answer.status_code == 201
    counts = ("state", "rows", "created", "updated", "rejected", "journeys", "by", "source")
    assert [run[name] for name in counts] == ["done", 4, 2, 0, 2, 2, "the marketing", "fair"]
    assert run["reasons"] == {"no e-mail address": 1, "not a valid e-mail address": 1}
    assert [again[name] for name in counts[:6]] == ["done", 4, 0, 2, 2, 0]
    rejects = await api.ask("marketing", "GET", f"/imports/{run['id']}/rejects")
    assert rejects.headers["content-type"].startswith("text/csv")
    lines = rejects.content.decode("utf-8-sig").splitlines()
    assert (
        lines[0] == "rejected_row;rejected_line;rejected_reason;Work mail;First Name;Company;업종;"
        "Email Opt Out"
    )
    assert lines[1].startswith("3;3;")
    assert lines[2] == (
        "5;6;The row has no e-mail address, and no name with a phone number either.;;No Mail;Acme;"
    )
    assert api.value("SELECT string_agg(source, ',') FROM lead") == "fair,fair"
    # Who asked for no mail is in nobody's way, and gets none.
    stopped = "SELECT string_agg(email_key || ' ' || reason, ',') FROM suppression"
    assert api.value(stopped) == "dana@acme.example unsubscribed"
    # The file has done its work; whoever reads a backup shall not find it.
    assert api.value("SELECT count(*) FROM import_file WHERE data IS NOT NULL") == 0
    assert api.value("SELECT count(*) FROM import_file WHERE head IS NOT NULL") == 0


async def test_a_file_is_looked_at_and_mapped_before_it_is_started(api: Api) -> None:
    """A marketer who maps a column wrong would spoil leads that are known."""
    kept = (await upload(api, start="false", mapping="", cadence="")).json()
    path = f"/imports/{kept['run']['id']}"

    assert [(one["name"], one["field"]) for one in kept["columns"]] == [
        ("Work mail", ""),
        ("First Name", "first_name"),
        ("Company", "company"),
        ("업종", ""),
        ("Email Opt Out", "unsubscribed"),
    ]
    assert kept["columns"][3]["samples"] == ["소프트웨어", "유통"]
    without = await api.ask("marketing", "POST", f"{path}/start")
    assert (without.status_code, "e-mail address: choose one" in without.text) == (422, True)
    fields = ["email", "first_name", "company", "-", "unsubscribed"]
    wrong = await api.ask("marketing", "PATCH", path, fields=["mail", *fields[1:]])
    assert (wrong.status_code, "no field 'mail'" in wrong.text) == (422, True)
    await api.ask("marketing", "PATCH", path, fields=fields, source="fair")
    shown = (await api.ask("marketing", "GET", f"{path}/preview")).json()
    assert [(lead["email"], lead["source"]) for lead in shown["leads"]] == [
        ("dana@acme.example", "fair"),
        ("kim@hanbit.example", "fair"),
    ]
    assert [lead["unsubscribed"] for lead in shown["leads"]] == [True, False]
    # Left out: what nobody needs to know of a person is not kept.
    assert [lead["attributes"] for lead in shown["leads"]] == [{}, {}]
    assert [reject["row"] for reject in shown["rejects"]] == [3, 5]
    assert shown["whole"]
    pace = (await api.ask("marketing", "GET", f"{path}/pace")).json()
    assert (pace["rows"], pace["ready"], pace["whole_file"], pace["hours"]) == (4, 0, 0, 0)
    assert api.value("SELECT count(*) FROM lead") == 0
    assert (await api.ask("marketing", "POST", f"{path}/start")).status_code == 200
    assert (await ended(api, kept["run"]["id"]))["created"] == 2
    for refused in (
        await api.ask("marketing", "POST", f"{path}/start"),
        await api.ask("marketing", "PATCH", path, source="x"),
        await api.ask("marketing", "DELETE", path),
    ):
        assert (refused.status_code, "done" in refused.text) == (409, True)


async def test_no_cadence_starts_nobody(api: Api) -> None:
    """Who imports customers to keep their data must not write to them."""
    run = await ended(api, (await upload(api, cadence="")).json()["run"]["id"])
    assert (run["state"], run["cadence"], run["journeys"]) == ("done", "", 0)
    assert api.value("SELECT count(*) FROM relay_message WHERE kind = 'start'") == 0


async def test_what_may_say_who_wants_no_mail_is_asked_before_the_import(api: Api) -> None:
    """A column that nobody understood is mail to people who asked for none."""
    content = "Email,구독,Note\na@x.example,N,\nb@x.example,Y,\n"
    form = {"mapping": "", "cadence": ""}
    refused = await upload(api, content, **form)
    assert (refused.status_code, "may say who wants no mail" in refused.text) == (422, True)

    kept = (await upload(api, content, start="false", **form)).json()
    path = f"/imports/{kept['run']['id']}"
    assert [one["field"] for one in kept["columns"]] == ["email", "?", ""]
    for act in (("GET", f"{path}/preview"), ("POST", f"{path}/start")):
        assert (await api.ask("marketing", *act)).status_code == 422
    await api.ask("marketing", "PATCH", path, fields=["email", "consent", ""])
    shown = (await api.ask("marketing", "GET", f"{path}/preview")).json()
    assert [lead["unsubscribed"] for lead in shown["leads"]] == [True, False]
    kept_as = await api.ask("marketing", "PATCH", path, fields=["email", "", ""])
    await api.ask("marketing", "PATCH", path, fields=["email", "?", ""])
    kept_as = await api.ask("marketing", "PATCH", path, fields=["email", "", ""])
    assert kept_as.json()["columns"][1]["field"] == "attribute"
    mapped = await upload(api, content, **form | {"mapping": '{"구독": "consent"}'})
    run = await ended(api, mapped.json()["run"]["id"])
    assert (run["state"], run["created"], run["unsubscribed"]) == ("done", 2, 1)
    assert run["not_understood"] == {"no_time_zone": 2}


async def test_what_was_not_taken_over_is_told_with_its_row(api: Api) -> None:
    """An amount that no opportunity got would be missed at the end of the quarter."""
    lead = api.lead("anna@x.example")
    for key in "ab":
        api.value(
            "INSERT INTO opportunity (key, lead_id, opened_at) VALUES (:key, :lead, now()) "
            "RETURNING id",
            key=key,
            lead=lead,
        )
    content = "Email,Amount,Currency\nben@x.example,7,EUR\nanna@x.example,9,EUR\n"
    run = await ended(api, (await upload(api, content, mapping="", cadence="")).json()["run"]["id"])

    assert (run["warned"], run["rejected"]) == (1, 0)
    why = "The lead has 2 open opportunities: nobody can tell which one is meant."
    assert run["warnings"] == [{"row": 3, "reason": why}]


async def test_an_opt_out_under_an_unlikely_heading_stops_the_import(api: Api) -> None:
    """It may stand in a row that no preview shows; then the column is asked about."""
    rows = [f"p{number}@x.example,none" for number in range(600)]
    content = "\n".join(["Email,Remark", *rows, "z@x.example,Unsubscribed"])
    kept = (await upload(api, content, mapping="", cadence="")).json()["run"]["id"]
    run = await ended(api, kept)
    assert (run["state"], run["fields"]) == ("failed", ["email", "?"])
    assert "“Remark” says “Unsubscribed”" in run["error"]
    assert api.value("SELECT count(*) FROM lead") == 0
    path = f"/imports/{kept}"
    await api.ask("marketing", "PATCH", path, fields=["email", "unsubscribed"])
    await api.ask("marketing", "POST", f"{path}/start")
    run = await ended(api, kept)
    assert (run["state"], run["created"], run["unsubscribed"]) == ("done", 601, 1)


async def test_the_order_of_days_is_asked_where_the_file_does_not_show_it(api: Api) -> None:
    """The 5th of June or the 6th of May."""
    content = "Email,Contract End\na@x.example,5/6/2027\n"
    form = {"mapping": "", "cadence": ""}
    assert "begins with the day, the month" in (await upload(api, content, **form)).text
    assert (await upload(api, content, dates="md", **form)).status_code == 422
    kept = (await upload(api, content, start="false", **form)).json()["run"]["id"]
    await api.ask("marketing", "PATCH", f"/imports/{kept}", dates="dmy")
    shown = (await api.ask("marketing", "GET", f"/imports/{kept}/preview")).json()
    assert shown["leads"][0]["attributes"] == {"contract_end": "2027-06-05"}


async def test_the_wrong_encoding_is_mended_before_the_import(api: Api) -> None:
    content = "이메일,이름\nkim@hanbit.example,김민수\n".encode("cp949")
    form = {"start": "false", "mapping": "", "cadence": ""}
    kept = (await upload(api, content, encoding="cp1252", **form)).json()
    path = f"/imports/{kept['run']['id']}"

    fixed = (await api.ask("marketing", "PATCH", path, encoding="cp949")).json()

    assert kept["columns"][1]["samples"] != ["김민수"]
    assert [(one["field"], one["samples"]) for one in fixed["columns"]] == [
        ("email", ["kim@hanbit.example"]),
        ("full_name", ["김민수"]),
    ]
    gone = await api.ask("marketing", "DELETE", path)
    assert gone.status_code == 200
    assert api.value("SELECT count(*) FROM import_file") == 0


@pytest.mark.parametrize(
    ("content", "form", "sentence"),
    [
        (b"", {}, "it is empty"),
        (b"PK\x03\x04", {}, "spreadsheet, not a CSV"),
        (b"ada@b.example,Ada\nx@b.example,X\n", {"mapping": ""}, "must name the columns"),
        (EXPORT.encode(), {"mapping": "{"}, "Write a JSON object"),
        (EXPORT.encode(), {"mapping": '{"Post": "email"}'}, "the column “Post”"),
        (EXPORT.encode(), {"cadence": "summer"}, "no published cadence summer"),
    ],
)
async def test_a_file_that_can_not_be_imported_is_refused_with_a_reason(
    api: Api, content: bytes, form: dict[str, str], sentence: str
) -> None:
    answer = await upload(api, content, **form)

    assert (answer.status_code, sentence in answer.text) == (422, True), answer.text
    assert api.value("SELECT count(*) FROM import_run") == 0


async def test_a_file_that_is_too_large_is_not_even_read(api: Api) -> None:
    """A wrong file of gigabytes would fill the disk of the web app."""
    headers = {
        "Authorization": f"Bearer {api.tokens['marketing']}",
        "Content-Length": str(60 * 1024 * 1024),
        "Content-Type": "multipart/form-data; boundary=x",
    }

    answer = await api.send("POST", "/imports", headers)

    assert (answer.status_code, "50 MB" in answer.text) == (413, True)


async def test_an_interrupted_import_says_so_and_starts_again(api: Api) -> None:
    """The web app died in the middle: nothing of the file is in, and nobody waits for ever."""
    kept = (await upload(api, start="false")).json()
    import_id = kept["run"]["id"]
    path = f"/imports/{import_id}"
    # What an app leaves that is killed: the state of an import that runs, and no lock.
    api.value("UPDATE import_run SET state = 'running', rows = 2 RETURNING id")

    interrupted = (await api.ask("marketing", "GET", path)).json()["run"]
    await api.ask("marketing", "POST", f"{path}/start")
    run = await ended(api, import_id)

    assert (interrupted["state"], run["state"], run["created"]) == ("interrupted", "done", 2)


async def test_an_import_that_runs_is_not_started_twice_nor_taken_for_dead(api: Api) -> None:
    """Two people press the button; and another web app looks at the list meanwhile."""
    import_id = (await upload(api, start="false")).json()["run"]["id"]
    path = f"/imports/{import_id}"
    with api.database.begin() as other:
        # Another import that merges: this one waits for it.
        other.execute(text("SELECT pg_advisory_xact_lock(7041983)"))
        first = await api.ask("marketing", "POST", f"{path}/start")
        second = await api.ask("ops", "POST", f"{path}/start")
        listed = (await api.ask("ops", "GET", "/imports")).json()["items"]
        discarded = await api.ask("ops", "DELETE", path)
    run = await ended(api, import_id)

    assert (first.json()["run"]["state"], listed[0]["state"]) == ("running", "running")
    assert (second.status_code, discarded.status_code) == (409, 409)
    assert (run["state"], run["created"]) == ("done", 2)


async def test_an_import_that_fails_leaves_nothing_and_can_be_started_again(api: Api) -> None:
    import_id = (await upload(api, start="false")).json()["run"]["id"]
    api.value("ALTER TABLE account RENAME TO away; SELECT 1")

    import_job.begin(WebContext(api.settings, api.database), import_id).join(SECONDS)
    with api.database.connect() as connection:
        failed = import_runs.find_run(connection, import_id)
    api.value("ALTER TABLE away RENAME TO account; SELECT 1")
    await api.ask("marketing", "POST", f"/imports/{import_id}/start")
    run = await ended(api, import_id)

    assert failed is not None
    assert (failed.state, "start it again" in failed.error) == ("failed", True)
    assert "acme.example" not in failed.error
    assert (run["state"], run["created"], run["error"]) == ("done", 2, "")


async def test_files_and_rejects_are_not_kept_longer_than_a_week(api: Api) -> None:
    """What people uploaded and forgot would lie about for years."""
    forgotten = (await upload(api, start="false")).json()["run"]["id"]
    done = await ended(api, (await upload(api)).json()["run"]["id"])
    api.value(
        "UPDATE import_run SET at = now() - interval '8 days', "
        "ended_at = CASE WHEN state = 'done' THEN now() - interval '8 days' END, "
        "started_at = NULL RETURNING id"
    )

    await upload(api, start="false")

    assert (await api.ask("ops", "GET", f"/imports/{forgotten}")).status_code == 404
    assert (await api.ask("ops", "GET", f"/imports/{done['id']}/rejects")).status_code == 404
    assert (await api.ask("ops", "GET", f"/imports/{done['id']}")).json()["run"]["created"] == 2
