"""``/api/mails``: the mails of the embedded channel, as their recipients got them.

Whoever reads them can do what a recipient can: their links are live, and they can be replied to.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from domain.access import ALLOWED, Action
from domain.email.links import BadLink, ExpiredLink, LinkKind, LinkSigner
from domain.inputs import ASKED, Instant
from domain.sentences import sentence
from mail.links import link_signer
from services.access import found
from services.outbox import reply as reply_as_recipient
from store.access.api_tokens import Caller
from store.mail import outbox_mails
from store.mail.outbox_mails import KeptMail, MailLine
from web.api.access import CurrentContext, WebContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, by_id, key_in, page

router = APIRouter(prefix="/mails", tags=["mails"])
Reader = Annotated[Caller, Depends(may(Action.READ_MAILS))]

REPLY_LIMIT = 2000
FOLLOWED = "followed mails"
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""The mail runs no script, sends no form and loads nothing, so that reading it here is not an
open; its links open in a tab of their own."""

_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


class MailLink(BaseModel):
    """A link in a mail: ``kind`` is click, unsubscribe, preferences, booking, opened, or '' for one
    that is not ours; ``leads_to`` is where a click goes on to."""

    kind: LinkKind | str
    url: str
    leads_to: str = ""


class FollowedMail(BaseModel):
    """A mail as programs follow them, with its links."""

    id: int
    touch_key: str
    recipient: str
    subject: str
    sent_at: datetime
    links: list[MailLink]


class MailHeader(BaseModel):
    """A header of a mail."""

    name: str
    value: str


class Attachment(BaseModel):
    """Something that came with a mail, as text."""

    name: str
    text: str


class MailDetail(BaseModel):
    """A mail taken apart. ``lead_id`` is null for a mail of no touch."""

    id: int
    touch_key: str
    lead_id: int | None
    recipient: str
    subject: str
    sent_at: datetime
    replied_at: datetime | None
    headers: list[MailHeader]
    text: str
    html: str
    links: list[MailLink]
    attachments: list[Attachment]
    source: str
    """The message as it would have gone out, RFC 5322."""


class Reply(BaseModel):
    """What the recipient writes back."""

    model_config = ASKED

    text: str = Field(default="", max_length=REPLY_LIMIT)


@router.get("")
def list_mails(
    context: CurrentContext,
    caller: Reader,
    *,
    search: str = "",
    since: Instant | None = None,
    until: Instant | None = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[MailLine]:
    """The newest first; ``search`` is looked for in recipients and subjects. Mails whose link lets
    a colleague in are there for those who manage users."""
    return page(
        context,
        "mails",
        cursor,
        limit,
        lambda connection, after, most: outbox_mails.list_mails(
            connection,
            search=search.strip(),
            since=since,
            until=until,
            before=after,
            limit=most,
            with_keys=_sees_keys(caller),
        ),
        key=lambda one: (one.sent_at, one.id),
    )


@router.get("/follow", operation_id="follow_mails")
def follow(
    context: CurrentContext,
    _caller: Reader,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[FollowedMail]:
    """Mails in the order they were sent. ``next_cursor`` is never null: asking again with it, now
    or later, brings what was sent since and misses nothing."""
    (after,) = (0,) if cursor is None else key_in(context, FOLLOWED, cursor)
    with context.database.begin() as connection:
        newest = outbox_mails.newest_settled(connection)
    with context.database.connect() as connection:
        mails = outbox_mails.mails_between(connection, after, newest, limit)
    signer = link_signer(context.settings)
    items = [
        FollowedMail(
            id=mail.id,
            touch_key=mail.touch_key,
            recipient=mail.recipient,
            subject=mail.subject,
            sent_at=mail.sent_at,
            links=[link for link in _links(signer, _body(_parsed(mail), "html")) if link.kind],
        )
        for mail in mails
    ]
    last = by_id(items[-1]) if items else (after,)
    return Page(items=items, next_cursor=context.cursors.write(FOLLOWED, last))


@router.get("/{mail_id}")
def show(context: CurrentContext, caller: Reader, mail_id: int) -> MailDetail:
    """One mail: headers, HTML, text, attachments, links and source."""
    mail = _kept(context, caller, mail_id)
    with context.database.connect() as connection:
        replied = outbox_mails.replied_at(connection, mail.touch_id) if mail.touch_id else None
    message = _parsed(mail)
    content = _body(message, "html")
    return MailDetail(
        id=mail.id,
        touch_key=mail.touch_key,
        lead_id=mail.lead_id,
        recipient=mail.recipient,
        subject=mail.subject,
        sent_at=mail.sent_at,
        replied_at=replied,
        headers=[MailHeader(name=name, value=str(value)) for name, value in message.items()],
        text=_body(message, "plain"),
        html=content,
        links=list(_links(link_signer(context.settings), content)),
        attachments=[
            Attachment(name=part.get_filename() or "attachment", text=_text(part))
            for part in message.iter_attachments()
        ],
        source=mail.raw.decode("utf-8", "replace"),
    )


@router.get("/{mail_id}/html", operation_id="get_mail_html")
def shown(context: CurrentContext, caller: Reader, mail_id: int) -> Response:
    """The mail's HTML for a frame, in which it can do nothing but open its links."""
    content = _body(_parsed(_kept(context, caller, mail_id)), "html")
    framed = f'<base target="_blank">{content}'
    doctype = re.match(r"\s*<!doctype[^>]*>", content, re.IGNORECASE)
    if doctype:
        # In front of it, the browser would show the mail as browsers of the nineties did.
        framed = f'{doctype[0]}<base target="_blank">{content[doctype.end() :]}'
    return HTMLResponse(framed, headers={"Content-Security-Policy": FRAME_POLICY})


@router.get("/{mail_id}/source", operation_id="get_mail_source")
def download(context: CurrentContext, caller: Reader, mail_id: int) -> Response:
    """The whole message, RFC 5322."""
    name = f'attachment; filename="mail-{mail_id}.eml"'
    return Response(
        _kept(context, caller, mail_id).raw,
        media_type="message/rfc822",
        headers={"Content-Disposition": name},
    )


@router.post("/{mail_id}/reply", operation_id="reply_to_mail")
def reply(context: CurrentContext, caller: Reader, mail_id: int, body: Reply) -> Done:
    """Reply as the recipient. A mail is replied to once: what comes later changes nothing."""
    reply_as_recipient(context, caller, mail_id, body.text)
    return Done(detail=f"Mail {mail_id} is replied to.")


def _kept(context: WebContext, caller: Caller, mail_id: int) -> KeptMail:
    with context.database.connect() as connection:
        mail = outbox_mails.find_mail(connection, mail_id, with_keys=_sees_keys(caller))
        return found(mail, _none(mail_id))


def _sees_keys(caller: Caller) -> bool:
    """Whether the caller may read mails whose link lets a colleague in: who reads one can go in
    as that colleague."""
    return caller.role in ALLOWED[Action.MANAGE_USERS]


def _none(mail_id: int) -> str:
    return sentence("There is no mail {mail} in the outbox.", mail=mail_id)


def _parsed(mail: KeptMail) -> EmailMessage:
    return message_from_bytes(mail.raw, _class=EmailMessage, policy=policy.default)


def _body(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    return str(body.get_content()) if body else ""


def _text(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _links(signer: LinkSigner, content: str) -> Iterator[MailLink]:
    """The links in the HTML, in order, each once."""
    for url in dict.fromkeys(map(html.unescape, _HREF.findall(content))):
        kind = signer.kind_of(url) or ""
        yield MailLink(kind=kind, url=url, leads_to=_target(signer, url) if kind == "click" else "")


def _target(signer: LinkSigner, url: str) -> str:
    """Where a tracked link goes on to; '' when it is too old or not ours."""
    try:
        return signer.read(url.rpartition("/")[2]).url
    except (BadLink, ExpiredLink):
        return ""
