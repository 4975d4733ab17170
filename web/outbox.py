"""The outbox: every mail of the embedded channel, as its recipient sees it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection, Engine, Row, Select, func, or_, select, text
from starlette.exceptions import HTTPException

from domain.email.links import BadLink, LinkSigner
from settings import Settings
from store.engagement import record_engagement
from store.tables import Engagement, OutboxMessage, Touch
from web.views import page

PAGE_SIZE = 50
REPLY_LIMIT = 2000

# The mail runs no script, loads nothing (so that reading it here is not an open), sends no form,
# and opens its links in a tab of their own.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)

_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """A stored message, taken apart."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[tuple[str, str]]
    """File name and text of each."""

    @classmethod
    def parse(cls, raw: bytes) -> Mail:
        """Take an RFC 5322 message apart."""
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        parts = {}
        for subtype in ("plain", "html"):
            body = message.get_body((subtype,))
            parts[subtype] = body.get_content() if body else ""
        headers = [(name, str(value)) for name, value in message.items()]
        attachments = [
            (part.get_filename() or "attachment", _text_of(part))
            for part in message.iter_attachments()
        ]
        return cls(headers, parts["plain"], parts["html"], attachments)


def _text_of(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def outbox_pages(settings: Settings, database: Engine, signer: LinkSigner) -> APIRouter:
    """``/outbox``: list, mail, raw message, reply; and ``/outbox.json`` for programs."""
    router = APIRouter()

    @router.get("/outbox")
    def mails(q: str = "", number: Annotated[int, Query(alias="page", ge=1)] = 1) -> Response:
        """The newest first; ``q`` is looked for in recipients and subjects."""
        found = _found(q.strip())
        with database.connect() as connection:
            total = connection.scalar(select(func.count()).select_from(found.subquery())) or 0
            pages = max(1, -(-total // PAGE_SIZE))
            number = min(number, pages)
            rows = connection.execute(
                found.order_by(OutboxMessage.id.desc())
                .limit(PAGE_SIZE)
                .offset((number - 1) * PAGE_SIZE)
            ).all()
        return page(
            "outbox.html", rows=rows, total=total, number=number, pages=pages, query=q.strip()
        )

    @router.get("/outbox.json")
    def for_programs(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """Messages in order of id, from the one after ``after``. Following with the last id never
        misses one."""
        with database.begin() as connection:
            newest = _newest_settled(connection)
        with database.connect() as connection:
            rows = connection.execute(
                select(OutboxMessage.__table__)
                .where(OutboxMessage.id > after, OutboxMessage.id <= newest)
                .order_by(OutboxMessage.id)
                .limit(limit)
            ).all()
        messages = [
            {
                "id": row.id,
                "touch_key": row.touch_key,
                "recipient": row.recipient,
                "subject": row.subject,
                "sent_at": row.sent_at.isoformat(),
                "links": _links(signer, Mail.parse(row.raw)),
            }
            for row in rows
        ]
        return JSONResponse({"messages": messages})

    @router.get("/outbox/{mail_id}")
    def mail(mail_id: int) -> Response:
        with database.connect() as connection:
            row = _stored(connection, mail_id)
            replied_at = connection.scalar(
                select(func.max(Engagement.at))
                .join(Touch, Touch.id == Engagement.touch_id)
                .where(Touch.key == row.touch_key, Engagement.kind == "reply")
            )
        parsed = Mail.parse(row.raw)
        links = [{**link, "leads_to": _target(signer, link)} for link in _links(signer, parsed)]
        return page("mail.html", row=row, mail=parsed, links=links, replied_at=replied_at)

    @router.get("/outbox/{mail_id}/html")
    def body(mail_id: int) -> Response:
        with database.connect() as connection:
            parsed = Mail.parse(_stored(connection, mail_id).raw)
        content = _HEAD.sub(lambda head: head[0] + '<base target="_blank">', parsed.html, count=1)
        return HTMLResponse(content, headers={"Content-Security-Policy": MAIL_POLICY})

    @router.get("/outbox/{mail_id}/raw")
    def raw(mail_id: int) -> Response:
        with database.connect() as connection:
            content = _stored(connection, mail_id).raw
        name = f'attachment; filename="mail-{mail_id}.eml"'
        return Response(content, media_type="message/rfc822", headers={"Content-Disposition": name})

    @router.post("/outbox/{mail_id}/reply")
    def reply(mail_id: int, text: Annotated[str, Form()] = "") -> Response:
        """Reply as the recipient; a mail is replied to once."""
        with database.begin() as connection:
            touch_key = _stored(connection, mail_id).touch_key
            touch = connection.execute(
                select(Touch.id, Touch.lead_id).where(Touch.key == touch_key)
            ).first()
            if touch is None:
                raise HTTPException(404)
            record_engagement(
                connection,
                lead_id=touch.lead_id,
                touch_id=touch.id,
                kind="reply",
                at=settings.clock().now(),
                key=f"reply:{touch_key}",
                detail={"text": text.strip()[:REPLY_LIMIT]},
            )
        return RedirectResponse(f"/outbox/{mail_id}", 303)

    return router


def _found(query: str) -> Select[int, datetime, str, str]:
    mails = select(
        OutboxMessage.id, OutboxMessage.sent_at, OutboxMessage.recipient, OutboxMessage.subject
    )
    if not query:
        return mails
    return mails.where(
        or_(
            OutboxMessage.recipient_key.contains(query.casefold(), autoescape=True),
            OutboxMessage.subject.icontains(query, autoescape=True),
        )
    )


def _stored(connection: Connection, mail_id: int) -> Row[Any]:
    row = connection.execute(
        select(OutboxMessage.__table__).where(OutboxMessage.id == mail_id)
    ).first()
    if row is None:
        raise HTTPException(404)
    return row


def _newest_settled(connection: Connection) -> int:
    """The newest id below which none is still being written.

    Ids are given out before they can be seen, so a reader may meet 8 before 7. The lock waits for
    the writers of this moment (a millisecond each), after which every id up to the newest is in.
    """
    connection.execute(text("LOCK TABLE outbox_message IN SHARE MODE"))
    return connection.scalar(select(func.max(OutboxMessage.id))) or 0


def _links(signer: LinkSigner, mail: Mail) -> list[dict[str, str]]:
    """The links of ours in the HTML, in order, each once."""
    found = []
    for url in dict.fromkeys(map(html.unescape, _HREF.findall(mail.html))):
        kind = signer.kind_of(url)
        if kind is not None:
            found.append({"kind": kind, "url": url})
    return found


def _target(signer: LinkSigner, link: dict[str, str]) -> str:
    """Where a tracked link goes on to; '' for the others."""
    try:
        return signer.read(link["url"].rpartition("/")[2]).url
    except BadLink:
        return ""
