"""One deployment for each door, and the three doors: the API, the console, the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

import starter
from cli.connect import author
from cli.errors import UserError
from domain.refusals import Refusal
from store.access.sessions import find_session
from tests.cli.terminal import outcome
from tests.web.api.conftest import Api
from web.api.access import WebContext
from web.console.visit import PageVisit

APART = {"api_change", "api_token", "console_user", "console_session", "import_file"}
"""Who asks is in them, and files that an upload brings; ``write_probe`` is no row of anybody."""
MASKED = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d[\d.]*)?(\+00:00|Z)?"), "<a time>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "<a UUID>"),
    (re.compile(r"(?<=-mail:|-chat:)\d+"), "<a transaction>"),
    # The order of columns is known where a file is not kept.
    (re.compile(r'"fields": (null|\[[^]]*\])'), '"fields": "<either>"'),
)


async def by_api(api: Api, role: str, method: str, path: str, **body: Any) -> str:
    """The refusal of the API to a program with a token; '' when it did what was asked for."""
    answer = await api.ask(role, method, path, **body)
    return "" if answer.status_code < 400 else str(answer.json()["detail"])


async def by_console(
    api: Api, role: str, act: Callable[..., Any], *given: Any, **named: Any
) -> str:
    """The same of the console, where a page's button calls ``Visit.act``: without the browser."""
    here = WebContext(api.settings, api.database)
    with api.database.begin() as connection:
        who = find_session(connection, api.sessions[role], here.real_now())
    assert who is not None
    try:
        await PageVisit(here, who, ZoneInfo("UTC")).act(act, *given, **named)
    except Refusal as refusal:
        return str(refusal)
    return ""


async def by_command_line(*arguments: str) -> str:
    """The same of the command line, without the name of the option that is wrong."""
    return said_at_the_terminal(*arguments)


def said_at_the_terminal(*arguments: str) -> str:
    """The same where no event loop runs: for commands that speak to Temporal."""
    try:
        outcome(starter.app, *arguments)
    except UserError as refusal:
        return re.sub(r"^--[\w-]+: ", "", str(refusal))
    return ""


def rows(api: Api, role: str) -> dict[str, list[str]]:
    """Everything in the database, but for times, and for the name of whoever asked."""
    with api.database.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
                "AND table_name NOT IN ('write_probe', 'alembic_version')"
            )
        )
        return {
            name: sorted(
                masked(row, role)
                for row in connection.scalars(text(f"SELECT to_jsonb(t)::text FROM {name} t"))
            )
            for name in tables
            if name not in APART
        }


def masked(said: str, role: str) -> str:
    """Without what differs from door to door for good reason."""
    for name in (f"the {role}", f"{role}@lindenmoor.example", author()):
        said = said.replace(name, "<who asks>")
    for pattern, instead in MASKED:
        said = pattern.sub(instead, said)
    return said


def records(api: Api) -> list[tuple[object, ...]]:
    """What is on the audit record, but for the name of whoever asked and when."""
    with api.database.connect() as connection:
        found = connection.execute(
            text("SELECT method, path, asked, status, rep FROM api_change ORDER BY id")
        )
        return [tuple(row) for row in found]
