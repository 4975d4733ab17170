"""A received mail as SendGrid's Inbound Parse hands it on, read whatever it is made of.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

from __future__ import annotations

import codecs
import email
import email.policy
import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser
from email.utils import parseaddr
from html import unescape

from domain.email.addresses import address_key
from domain.engagement.replies import Headers, classify
from store.inbound import Inbound

LONGEST_TEXT = 100_000
"""Characters of a mail's text that are kept."""
LONGEST_LINE = 1_000
"""Characters of an address or a subject that are kept."""
LONGEST_ID = 500
"""A Message-ID that is longer is told by its digest."""
MOST_ANSWERED = 50
"""So many Message-IDs that a mail answers are looked up."""

LONGEST_HEADER = 16 * 1024
"""Characters of a header that are looked at: its parameters are compared with each other."""
MOST_PARTS = 200

# What a sender names as character set must be one: these codecs are something else, make text that
# no database stores, or take for ever.
_NO_CHARSETS = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"}
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,500})\s*>")
# What the email package raises on mails that nobody should have written.
_UNREADABLE = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError
)  # fmt: skip


class _ShortHeaders(email.policy.Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


_POLICY = _ShortHeaders()


@dataclass(frozen=True)
class Form:
    """What was posted: each field's bytes, and the parts that a delivery report is made of (type
    and bytes). Attachments are not among them."""

    fields: Mapping[str, bytes] = field(default_factory=dict)
    reports: Sequence[tuple[str, bytes]] = ()


@dataclass
class _Content:
    text: str = ""
    html: str = ""
    report: str = ""
    returned: str = ""
    """The head of the mail that a delivery report is about."""


def read_mail(form: Form, at: datetime) -> Inbound:
    """The mail that was posted, in parsed fields or as the raw message. Whatever can't be read is
    left out: there is nobody to send it back to.

    Args:
        at: when it came, journey time in UTC.
    """
    charsets = _charsets(form.fields.get("charsets", b""))
    raw = form.fields.get("email")
    if raw is None:
        headers = read_headers(_decoded(form.fields.get("headers", b""), "utf-8"))
        content = _parsed_content(form, charsets)
    else:
        headers = read_headers(_decoded(_head(raw), "utf-8"))
        content = _raw_content(raw)

    def one_line(name: str) -> str:
        posted = form.fields.get(name)
        value = _first(headers, name) if posted is None else _decoded(posted, charsets.get(name))
        return " ".join(_unwrapped(value[:LONGEST_LINE]).split())

    sender, subject = one_line("from"), one_line("subject")
    words = (content.text or text_of_html(content.html))[:LONGEST_TEXT]
    return Inbound(
        message_id=_own_id(headers, sender, subject, words),
        answers=_answered(headers, content.returned),
        sender_key=address_key(_address(sender)),
        sender=sender,
        subject=subject,
        text=words,
        verdict=classify(headers, subject, words, content.report),
        at=at,
    )


def read_headers(head: str) -> Headers:
    """The headers of a message, unfolded, in their order."""
    try:
        found = HeaderParser(policy=_POLICY).parsestr(head, headersonly=True).items()
    except _UNREADABLE:
        return []
    return [(name, " ".join(str(value).split())) for name, value in found]


def _parsed_content(form: Form, charsets: Mapping[str, str]) -> _Content:
    content = _Content(
        text=_decoded(form.fields.get("text", b""), charsets.get("text")),
        html=_decoded(form.fields.get("html", b""), charsets.get("html")),
    )
    for content_type, part in form.reports:
        _add_report(content, content_type, _decoded(part, "utf-8"))
    return content


def _raw_content(raw: bytes) -> _Content:
    content = _Content()
    try:
        parts = email.message_from_bytes(raw, policy=_POLICY).walk()
        for part in itertools.islice(parts, MOST_PARTS):
            _add_part(content, part)
    except _UNREADABLE:
        pass  # What was read so far is what there is.
    return content


def _add_part(content: _Content, part: Message) -> None:
    content_type = part.get_content_type()
    if content_type in ("message/delivery-status", "message/rfc822", "text/rfc822-headers"):
        _add_report(content, content_type, _decoded(part.as_bytes().partition(b"\n\n")[2], "utf-8"))
        return
    if part.is_multipart() or part.get_content_disposition() == "attachment":
        return
    if (content_type == "text/plain" and not content.text) or (
        content_type == "text/html" and not content.html
    ):
        payload = part.get_payload(decode=True)
        charset = str(part.get_param("charset", "utf-8"))
        found = _decoded(payload if isinstance(payload, bytes) else b"", charset)
        if content_type == "text/plain":
            content.text = found
        else:
            content.html = found


def _add_report(content: _Content, content_type: str, part: str) -> None:
    if content_type == "message/delivery-status":
        content.report = content.report or part
    else:
        content.returned = content.returned or part


def _address(sender: str) -> str:
    try:
        return parseaddr(sender)[1]
    except _UNREADABLE:  # Comments within comments within comments.
        return ""


def _own_id(headers: Headers, sender: str, subject: str, words: str) -> str:
    found = _MESSAGE_ID.search(_first(headers, "message-id"))
    if found and len(found[1]) <= LONGEST_ID:
        return found[1]
    told = "\0".join((_first(headers, "message-id", "date"), sender, subject, words))
    return f"sha256-{hashlib.sha256(told.encode()).hexdigest()}"


def _answered(headers: Headers, returned: str) -> list[str]:
    """The Message-IDs it answers, the direct one first; those of a report are in the mail that it
    returns."""
    direct, references = (
        _MESSAGE_ID.findall(_first(headers, name)) for name in ("in-reply-to", "references")
    )
    own = _MESSAGE_ID.findall(_first(read_headers(returned.lstrip()), "message-id"))
    return list(dict.fromkeys([*direct, *own, *reversed(references)]))[:MOST_ANSWERED]


def _first(headers: Headers, *names: str) -> str:
    return next((value for name, value in headers if name.casefold() in names), "")


def _head(raw: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]


def _charsets(posted: bytes) -> dict[str, str]:
    """Field → character set, as SendGrid tells it."""
    try:
        told = json.loads(posted)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def _decoded(value: bytes, charset: str | None) -> str:
    """Text that a database can store, whatever the bytes are."""
    try:
        name = codecs.lookup(charset or "utf-8").name
        found = value.decode("utf-8" if name in _NO_CHARSETS else name, "replace")
    except (LookupError, ValueError):
        found = value.decode("utf-8", "replace")
    return _storable(found)


def _storable(value: str) -> str:
    return value.encode("utf-8", "replace").decode().replace("\0", "")


def _unwrapped(value: str) -> str:
    """Encoded words (RFC 2047) as text."""
    if "=?" not in value:
        return value
    try:
        return _storable(str(make_header(decode_header(value))))
    except _UNREADABLE:
        return value


# Not the standard library's parser, which takes minutes for a page of "<!--".
_TAG = re.compile(r"<(/?)([a-z]{0,12})[^<>]*>", re.IGNORECASE)
_BLOCKS = ("br", "p", "div", "tr", "li", "blockquote", "table")
_UNSEEN = ("style", "script", "head", "title")


def text_of_html(html: str) -> str:
    """The words of an HTML mail, a line per block, quotations marked with ``>``."""
    lines: list[list[str]] = [[]]
    unseen = quoted = position = 0
    for tag in _TAG.finditer(html):
        if not unseen:
            lines[-1].append(html[position : tag.start()])
        position = tag.end()
        name, step = tag[2].casefold(), -1 if tag[1] else 1
        if name in _UNSEEN:
            unseen = max(0, unseen + step)
        if name == "blockquote":
            quoted = max(0, quoted + step)
        if name in _BLOCKS:
            lines.append(["> "] if quoted else [])
    lines[-1].append(html[position:])
    words = (" ".join(unescape("".join(line)).split()) for line in lines)
    return _storable("\n".join(line for line in words if line not in ("", ">")))
