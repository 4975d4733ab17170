"""``POST /webhooks/sendgrid/inbound``: mails that leads sent back, from SendGrid's Inbound Parse.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from sqlalchemy import Engine

from crash_points import crash_point
from domain.inbound.mail import FOR_PROGRAMS
from settings import Settings
from store.mail.inbound import receive_mail
from web.doors import DoorRoute, refusal
from web.webhooks.inbound_mail import Form, read_mail

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

log = structlog.get_logger(__name__)

# SendGrid takes mails of up to 30 MB.
MOST_PARTS = 1000
# How much of each field is kept, in bytes. All others, and attachments, are read and forgotten.
KEPT = {
    "headers": 256 * 1024,
    "text": 512 * 1024,
    "html": 1024 * 1024,
    "email": 2 * 1024 * 1024,
    "from": 16 * 1024,
    "subject": 16 * 1024,
    "charsets": 16 * 1024,
    "envelope": 16 * 1024,
}
REPORT_BYTES = 64 * 1024
MOST_REPORT_PARTS = 4


def sendgrid_inbound(settings: Settings, database: Engine) -> APIRouter:
    """``/webhooks/sendgrid/inbound``. It answers in JSON:

    - 200: the mail is committed, or was before; whether we know its sender or not.
    - 400: the body is no form. 413: too large.
    - 401: the password is missing or wrong.
    - 503: no password is set, or the database can't be reached; SendGrid repeats it.
    """
    router = APIRouter(route_class=DoorRoute)
    password = settings.sendgrid_inbound_password
    expected = password.get_secret_value().encode() if password else b""

    def take(form: Form) -> Response:
        mail = read_mail(form, settings.clock().now())
        with database.begin() as connection:
            new = receive_mail(connection, mail)
        crash_point("door.mail_committed")
        return JSONResponse({"kind": mail.verdict.kind, "new": new})

    @router.post("/webhooks/sendgrid/inbound")
    async def inbound(request: Request) -> Response:
        if not expected:
            raise refusal(503, "", "SENDGRID_INBOUND_PASSWORD is not set.")
        if not hmac.compare_digest(_password(request), expected):
            raise refusal(
                401,
                "authorization",
                "The password is missing or wrong.",
                headers={"WWW-Authenticate": "Basic"},
            )
        return await run_in_threadpool(take, await _form(request))

    return router


def _password(request: Request) -> bytes:
    """The password of HTTP basic authentication, which SendGrid takes from the webhook's address;
    the user's name does not matter. b'' for none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return b""
    try:
        return base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except ValueError:
        return b""


async def _form(request: Request) -> Form:
    """The form, read as it comes: no more than :data:`KEPT` is ever in memory."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise refusal(400, "content-type", "The body is not multipart/form-data.")
    reader = _FormReader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
    except FormParserError:
        raise refusal(400, "body", "The body is no form in parts.") from None
    if not reader.complete:
        raise refusal(400, "body", "The body ends in the middle.")
    return Form(
        {name: bytes(value) for name, value in reader.fields.items()},
        [(content_type, bytes(value)) for content_type, value in reader.reports],
    )


class _FormReader:
    """Keeps the parts of a form that are wanted, as far as they are wanted."""

    def __init__(self) -> None:
        self.fields: dict[str, bytearray] = {}
        self.reports: list[tuple[str, bytearray]] = []
        self.complete = False
        self._parts = 0
        self._header = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._kept: bytearray | None = None
        self._room = 0

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._choose,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise refusal(400, "body", f"The form has more than {MOST_PARTS} parts.")
        self._headers = {}
        self._kept = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _choose(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        content_type = parse_options_header(self._headers.get(b"content-type"))[0]
        kind = content_type.decode("ascii", "replace").casefold()
        if b"filename" not in options and name in KEPT and name not in self.fields:
            self._kept = self.fields[name] = bytearray()
            self._room = KEPT[name]
        elif kind in FOR_PROGRAMS and len(self.reports) < MOST_REPORT_PARTS:
            self._kept = bytearray()
            self._room = REPORT_BYTES
            self.reports.append((kind, self._kept))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._kept is not None and self._room > 0:
            piece = data[start : min(end, start + self._room)]
            self._kept += piece
            self._room -= len(piece)

    def _end(self) -> None:
        self.complete = True
