"""Lists are read page by page: each row once, in order, whatever comes meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from settings import Settings
from store.engine import engine
from tests.web.api.conftest import Api
from tests.web.api.growing import LISTS, Growing
from tests.web.api.test_access import routes
from web.api.app import create_api
from web.api.cursors import Cursors
from web.api.paging import Page

LIMIT = 3
BOUNDED = {
    "/deliverability": {
        "senders": "the busiest",
        "standings": "a line per domain of ours",
        "limits": "those that somebody waits for, or is near",
        "receivers": "the busiest",
    },
    "/deliverability/domains": {"domains": "those of ours"},
    "/images/{name}": {"shown_in": "what is published"},
    "/leads/{lead_id}": {"history": "the newest lines", "scoring": "a line per rule"},
    "/segments/{name}": {"sizes": "of the last days"},
    "/segment-preview": {"count": "some reasons and ids", "sample": "ten of them"},
    "/leads/{lead_id}/dossier": {
        "mails": "the newest",
        "cycles": "the newest",
        "feedback": "the newest",
        "score": "a line per rule",
        "seen": "the last ones",
        "similar": "the best ones",
        "content": "what marketing's policy names",
    },
    "/leads/{lead_id}/duplicates": {"itself": "the likeliest"},
    "/leads/{lead_id}/merge": {"why": "one of each kind", "fields": "of two leads"},
    "/leads/{lead_id}/merges": {"itself": "the latest"},
    "/tasks/{task_id}": {"dispositions": "of one kind of task"},
    "/tasks/{task_id}/talk-track": {
        "lines": "what marketing's policy says",
        "snippets": "what marketing's policy names",
    },
    "/accounts/{account_id}": {"leads": "the first ones"},
    "/cadences/{name}/results": {
        "steps": "a line per step",
        "languages": "a line per step and language",
        "versions": "a line per version",
        "rows": "a line per version, step and language",
        "differences": "of each step at most nine",
    },
    "/templates/{name}/results": {
        "steps": "a line per cadence and step",
        "languages": "a line per language",
        "rows": "a line per cadence, version, step and language",
    },
    "/figures/funnel": {
        "stages": "of the funnel",
        "net_new": "stages of the funnel",
        "recycled": "stages of the funnel",
        "parts": "a line per value",
    },
    "/figures/anomalies": {"anomalies": "the latest"},
    "/figures/days": {
        "rows": "of 92 days at most",
        "restated": "the latest",
        "counted": "92 days at most",
    },
    "/figures/data-quality": {"sources": "the largest and one of the others"},
    "/figures/deliverability": {
        "weeks": "a line per week",
        "domains": "the largest and one of the others",
        "rows": "a line per domain and week",
    },
    "/figures/pipeline": {"lines": "one of each part"},
    "/figures/leaks": {
        "waiting": "a line per stage and value",
        "lost": "the same",
        "response": "a line per value",
        "no_shows": "the same, and six",
        "resting": "a line per value",
    },
    "/figures/scoring": {
        "grades": "a line per grade and kind",
        "letters": "four, by kind",
        "thresholds": "at most 30",
        "versions": "those that were in force",
        "rules": "of one policy",
    },
    "/figures/content": {"rows": "the 100 most seen", "sales": "items of one policy"},
    "/figures/win-loss": {
        "outcomes": "a line per value and kind",
        "lost": "a line per reason, competitor, value and kind",
        "pool": "five, by kind",
        "traits": "those that 20 opportunities share",
    },
    "/figures/cohorts": {
        "together": "months of ten years at most, and twelve spans of days",
        "net_new": "the same",
        "recycled": "the same",
    },
    "/figures/velocity": {
        "together": "months of ten years at most",
        "net_new": "the same",
        "recycled": "the same",
    },
    "/figures/money": {"rows": "the largest and one of the others", "departments": "four"},
    "/figures/recycle": {
        "parts": "a line per value",
        "waits": "a line per reason and wait",
        "spend_without_rate": "a currency and a day",
    },
    "/figures/forecast": {"stages": "of opportunities", "months": "36 at most"},
    "/figures/speed": {
        "whole": "promises of the SLA",
        "parts": "a line per rep, team or month",
        "sources": "a line per source",
    },
    "/sla": {"kept": "a line per rep and promise", "breaches": "a line per promise and action"},
    "/system/sign-in": {"second_factor_roles": "roles"},
    "/leads/{lead_id}/person": {
        "entered": "fields of a lead",
        "claims": "a line per field",
        "contacts": "the few that somebody entered",
    },
    "/me/notification-settings": {
        "desktop": "kinds",
        "mail": "kinds",
        "chat": "kinds",
        "days": "of a week",
    },
    "/suppressions/{lead_id}": {"refused": "topics of the consent policy"},
    "/mails/{mail_id}": {
        "headers": "of one mail",
        "links": "of one mail",
        "attachments": "of one mail",
    },
    "/imports/{import_id}": {"columns": "of one file", "run": "of one file"},
    "/imports/{import_id}/preview": {"leads": "the first ones", "rejects": "the first ones"},
    "/search": {
        "leads": "the first ones",
        "accounts": "the first ones",
        "meetings": "the next ones",
        "opportunities": "the first ones",
        "cadences": "the first ones",
    },
    "/system": {"checks": "one of each kind"},
    "/system/sending": {"paused": "one per channel"},
}
"""Lists in the answers of routes that are no lists themselves, and what keeps them short."""


def gets() -> list[APIRoute]:
    """The routes of the API that read something."""
    api = create_api(Settings(), engine("postgresql+psycopg2://nobody@127.0.0.1:9/none"))
    return [route for route in routes(api) if "GET" in (route.methods or ())]


def is_page(route: APIRoute) -> bool:
    """Whether a route answers with a page of a list."""
    return isinstance(route.response_model, type) and issubclass(route.response_model, Page)


def lists_in(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[None]:
    """One for each list in what a JSON schema describes."""
    if schema.get("type") == "array":
        yield None
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from lists_in(known[name], {key: one for key, one in known.items() if key != name})
    for one in inner:
        yield from lists_in(one, known)


def test_every_list_has_pages() -> None:
    """A list that comes whole is 6 MB and seconds once a deployment is a year old."""
    grown = {re.sub(r"/1(?=/|$)", "/{id}", path) for path in LISTS}
    paged = {re.sub(r"\{\w+\}", "{id}", route.path) for route in gets() if is_page(route)}
    whole: dict[str, set[str]] = {}
    for route in gets():
        if is_page(route) or route.response_model is None:
            continue
        schema = TypeAdapter(route.response_model).json_schema(mode="serialization")
        known = schema.get("$defs", {})
        if schema.get("type") == "array":
            whole[route.path] = {"itself"}
        for name, field in schema.get("properties", {}).items():
            if any(True for _ in lists_in(field, known)):
                whole.setdefault(route.path, set()).add(name)

    assert paged == grown, "say in LISTS how the list grows"
    assert whole == {path: set(fields) for path, fields in BOUNDED.items()}, "give it pages"


async def read(api: Api, path: str, of: Growing, query: str) -> dict[str, Any]:
    """A page of a list."""
    ask = api.ask_signed_in if of.signed_in else api.ask
    answer = await ask("admin", "GET", f"{path}?{query}")
    assert answer.status_code == 200, f"{path}: {answer.text}"
    page: dict[str, Any] = answer.json()
    return page


async def walk(
    api: Api, path: str, of: Growing, begin: int
) -> tuple[list[int], list[tuple[Any, ...]]]:
    """How long the pages of a list are, and what tells its rows; after the first page it grows, by
    numbers from ``begin``."""
    lengths, seen = [], []
    query = f"limit={LIMIT}"
    while True:
        page = await read(api, path, of, query)
        lengths.append(len(page["items"]))
        seen += [tuple(one[name] for name in of.key) for one in page["items"]]
        if len(lengths) == 1:
            of.grow(api, range(begin, begin + 3))
        if not page["next_cursor"] or not page["items"]:
            return lengths, seen
        query = f"limit={LIMIT}&cursor={page['next_cursor']}"


async def test_each_row_of_each_list_comes_once_and_in_order(api: Api) -> None:
    """A program that reads a list while people work would miss a task, or call somebody twice."""
    api.account("Acme")
    api.lead("jane@acme.example", "rep-1", account_id=1, first_name="Jane")
    for grow in dict.fromkeys(of.grow for of in LISTS.values()):
        grow(api, range(2 * LIMIT + 1))
    wrong = {}
    for number, (path, of) in enumerate(LISTS.items()):
        whole = await read(api, path, of, "limit=500")
        before = [tuple(one[name] for name in of.key) for one in whole["items"]]
        lengths, seen = await walk(api, path, of, 10 * (number + 1))
        if len(before) <= 2 * LIMIT or (path != "/mails/follow" and whole["next_cursor"]):
            wrong[path] = f"{len(before)} rows are too few, or more than a page"
        elif len(set(seen)) != len(seen):
            wrong[path] = "a row came twice"
        elif [one for one in seen if one in before] != before:
            wrong[path] = "a row is missing, or out of order"
        elif {LIMIT} != {*lengths[: len(seen) // LIMIT]} or sum(lengths[-2:]) > 2 * LIMIT:
            wrong[path] = f"pages of {lengths}"
    assert wrong == {}


async def test_a_cursor_that_is_none_of_the_list_is_refused_with_a_sentence(api: Api) -> None:
    """A program that cut a cursor in two would begin anew each time, for ever; one that asks for a
    million rows would stop everybody else."""
    api.account("Acme")
    api.lead("jane@acme.example", "rep-1", account_id=1)
    ours = Cursors("a secret of the tests, 0123456789")
    others = Cursors("a secret of somebody else, 012345")
    cursor = ours.write("tasks", (False, "2026", 1))
    for spoilt in ("", "7", cursor[:-4], "A" + cursor[1:], "null", "%00", "é", "x" * 4_001):
        answer = await api.ask("admin", "GET", f"/tasks?cursor={spoilt}")
        assert answer.status_code == 422, (spoilt, answer.text)
    for path, of in LISTS.items():
        answer = await api.ask("admin", "GET", f"{path}?limit=501")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit"), path
        of_another = ours.write("another list", (1,))
        of_others = others.write("tasks", (True, "2026", 1))
        for spoilt in (of_another, of_others):
            ask = api.ask_signed_in if of.signed_in else api.ask
            answer = (await ask("admin", "GET", f"{path}?cursor={spoilt}")).json()
            assert answer["errors"][0]["field"] == "cursor", (path, answer)
            assert "leave the cursor out" in answer["detail"]


async def test_a_cursor_names_nobody(api: Api) -> None:
    """Proxies log addresses of requests: whoever reads their log would read people's addresses."""
    for n in range(2):
        await api.ask(
            "admin", "POST", "/suppressions", address=f"jane.doe{n}@acme.example", reason="asked"
        )
    page = (await api.ask("admin", "GET", "/suppressions?limit=1")).json()

    again = (await api.ask("admin", "GET", "/suppressions?limit=1")).json()
    assert re.fullmatch(r"[\w-]+", page["next_cursor"])
    assert page["next_cursor"] != again["next_cursor"], "it is encrypted"
