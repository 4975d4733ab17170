"""Every list of the API as a file: ``?format=csv`` has all rows that its filters let through.

A file is complete or is not given: all pages are read before the first line goes out, so what is
refused or breaks on the way is told as an error, never as a file that ends early.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, get_args
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.csv_text import BOM, csv_line
from domain.refusals import Invalid, Refusal
from domain.sentences import sentence
from services.exports import record_export
from store.access.api_tokens import Caller
from store.engine import AWAY
from web.api.access import WebContext, caller_of_request, known_as
from web.api.paging import MOST, Page
from web.problems import answer, unavailable

LARGEST = 100_000
"""Rows of a file."""
TOO_LARGE = sentence(
    "More than {most} rows: narrow the list by its filters, and export it in parts.", most=LARGEST
)
AT_ONCE = 2
"""Files that a process makes at a time: each takes a core for some seconds."""
IN_MEMORY = 1 << 20
"""Bytes; a larger file waits on disk, without a name."""
_PIECE = 1 << 16


@dataclass(frozen=True)
class Answered:
    """What a route answered."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class CsvLists:
    """ASGI middleware of the API: asks a list for one page after the other, as its client would,
    and answers with all of them as CSV. Roles, filters and refusals are those of the list."""

    def __init__(self, app: ASGIApp, context: WebContext, routers: Sequence[APIRouter]) -> None:
        self._app, self._here = app, context
        self._lists = [
            one for router in routers for one in router.routes if isinstance(one, APIRoute)
        ]
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_qsl(scope.get("query_string", b"").decode(), keep_blank_values=True)
        if scope["type"] != "http" or all(name != "format" for name, _ in asked):
            await self._app(scope, receive, send)
            return
        try:
            async with self._slots:
                response = await self._file(scope, asked)
        except Refusal as refusal:
            response = answer(refusal)
        except AWAY as error:
            response = answer(unavailable(error))
        await response(scope, receive, send)

    async def _file(self, scope: Scope, asked: Sequence[tuple[str, str]]) -> Response:
        filters = [one for one in asked if one[0] != "format"]
        columns = self._columns(scope)
        if [value for name, value in asked if name == "format"] != ["csv"]:
            raise Invalid(sentence("Ask for csv, or leave the format out for JSON."), "format")
        if paged := next((name for name, _ in filters if name in ("cursor", "limit")), None):
            raise Invalid(sentence("A file has all rows: leave out cursor and limit."), paged)
        caller = await run_in_threadpool(caller_of_request, self._here, HTTPConnection(scope))
        with ExitStack() as opened:
            file = opened.enter_context(SpooledTemporaryFile(IN_MEMORY, "w+b"))
            file.write((BOM + csv_line(columns)).encode())
            rows, cursor, added = 0, None, 1
            while added and (rows == 0 or cursor):
                page = await self._page(scope, filters, cursor, caller)
                if page.status != 200:
                    return _as_it_came(page)
                added, cursor = await run_in_threadpool(_write, file, columns, page.body)
                rows += added
                if rows > LARGEST:
                    raise Invalid(TOO_LARGE)
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            names = sorted({name for name, _ in filters})
            await run_in_threadpool(record_export, self._here, caller, f"/api{path}", rows, names)
            # What sends it closes it.
            opened.pop_all()
        length = file.tell()
        file.seek(0)
        name = f"{path.strip('/').replace('/', '-')}.csv"
        return StreamingResponse(
            _pieces(file),
            media_type="text/csv; charset=utf-8; header=present",
            headers={
                "content-disposition": f'attachment; filename="{name}"',
                "content-length": str(length),
            },
        )

    def _columns(self, scope: Scope) -> Sequence[str]:
        """Raises:
        Invalid: there is no list at this address.
        """
        for one in self._lists:
            if one.matches(scope)[0] == Match.FULL:
                columns = columns_of(one.response_model)
                if columns:
                    return columns
                break
        raise Invalid(sentence("There is no list here: only lists have a format."), "format")

    async def _page(
        self,
        scope: Scope,
        filters: Sequence[tuple[str, str]],
        cursor: str | None,
        caller: Caller,
    ) -> Answered:
        query = [*filters, ("limit", str(MOST)), *([("cursor", cursor)] if cursor else [])]
        inner = dict(scope) | {
            "query_string": urlencode(query).encode(),
            "state": dict(scope.get("state", {})),
        }
        known_as(inner, caller)
        started: list[Message] = []
        body = bytearray()

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(inner, nothing, kept)
        return Answered(started[0]["status"], started[0]["headers"], bytes(body))


@functools.cache
def columns_of(model: object) -> Sequence[str]:
    """The fields of a list's rows in their order, by what its route answers with; none for what is
    no list."""
    if not (isinstance(model, type) and issubclass(model, Page)):
        return ()
    (row,) = get_args(model.model_fields["items"].annotation)
    return tuple(TypeAdapter(row).json_schema(mode="serialization")["properties"])


def describe_csv(operation: dict[str, Any], route: APIRoute) -> None:
    """Have ``openapi.json`` say of a list that it is to be had as a file."""
    if not columns_of(route.response_model):
        return
    operation.setdefault("parameters", []).append(
        {
            "name": "format",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "const": "csv"},
            "description": "All rows as one CSV file (UTF-8, a column per field) instead of a "
            f"page, without `cursor` and `limit`; at most {LARGEST:,} rows.",
        }
    )
    operation["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}


def _write(file: IO[bytes], columns: Sequence[str], body: bytes) -> tuple[int, str | None]:
    page: Mapping[str, Any] = json.loads(body)
    rows: Sequence[Mapping[str, Any]] = page["items"]
    lines = (csv_line(row.get(name) for name in columns) for row in rows)
    file.write("".join(lines).encode())
    return len(rows), page["next_cursor"]


def _as_it_came(page: Answered) -> Response:
    response = Response(page.body, page.status)
    response.raw_headers = list(page.headers)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
