"""``/console/mails/{touch_id}``: a mail as it was sent, for a frame of its own."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse
from markupsafe import escape
from nicegui import app
from sqlalchemy import Connection
from starlette.responses import Response

from domain.refusals import Missing, Refusal
from services.access import may_see
from store.access.api_tokens import Caller
from store.mail.outbox_mails import mail_of_touch
from web.api.access import WebContext
from web.console.pages import signed_in

STILL = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""The mail runs no script, follows no link and loads nothing, its own pictures apart: else looking
at it here would count as the lead's open or click."""


@app.get("/mails/{touch_id}")
async def mail(request: Request, touch_id: int) -> Response:
    """The HTML of the touch's mail, for whoever may see its lead."""
    context: WebContext = app.state.context
    who = await run_in_threadpool(signed_in, context, request)
    if who is None:
        return PlainTextResponse("You are signed out: sign in again.", 401)
    caller = who.caller

    def read() -> str:
        with context.database.connect() as connection:
            return mail_as_sent(connection, caller, touch_id)

    try:
        html = await run_in_threadpool(read)
    except Refusal as problem:
        return PlainTextResponse(str(problem), problem.status)
    return HTMLResponse(
        html,
        headers={
            "Content-Security-Policy": STILL,
            "Cache-Control": "private, no-store",
        },
    )


def mail_as_sent(connection: Connection, caller: Caller, touch_id: int) -> str:
    """The HTML of a touch's mail; of one without HTML its text.

    Raises:
        Problem: 404; the caller sees no such lead, or the mail was not kept here.
    """
    found = mail_of_touch(connection, touch_id)
    if found is None:
        raise Missing(f"There is no mail {touch_id}.")
    may_see(connection, caller, found.lead_id)
    if found.raw is None:
        raise Missing("Mails that a provider sent are not kept here: the provider has a copy.")
    return html_of(found.raw)


def html_of(raw: bytes) -> str:
    """What is to be shown of an RFC 5322 message: its HTML, else its text."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = message.get_body(("html", "plain"))
    if body is None:
        return ""
    content = str(body.get_content())
    if body.get_content_subtype() == "html":
        return content
    return f"<pre>{escape(content)}</pre>"
