"""A received mail as SendGrid's Inbound Parse hands it on, read whatever it is made of.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.email.addresses import address_key
from domain.inbound.addresses import address_of, addresses_in
from domain.inbound.charsets import decode, decode_header
from domain.inbound.complaints import complainants
from domain.inbound.headers import Values, head_of, read_headers
from domain.inbound.mail import LONGEST_TEXT, InboundMail, Parts, best_text, read_raw
from domain.inbound.returned import returned, returned_ids
from domain.inbound.verdict import classify
from store.mail.inbound import Inbound

LONGEST_LINE = 1_000
"""Characters of an address or a subject that are kept."""
MOST_ANSWERED = 50
"""So many Message-IDs that a mail answers are looked up."""
MOST_REPORTED = 50
"""So many addresses that a report is about are looked up."""


@dataclass(frozen=True)
class Form:
    """What was posted: each field's bytes, and the parts that programs write for programs (type and
    bytes). Other attachments are not among them."""

    fields: Mapping[str, bytes] = field(default_factory=dict)
    reports: Sequence[tuple[str, bytes]] = ()


def read_mail(form: Form, at: datetime) -> Inbound:
    """The mail that was posted, in parsed fields or as the raw message. Whatever can't be read is
    left out: there is nobody to send it back to.

    Args:
        at: when it came, journey time in UTC.
    """
    mail = mail_of(form)
    back = returned(mail)
    return Inbound(
        message_id=_own_id(mail),
        answers=_answered(mail, reported=back is not None),
        sender_key=address_key(mail.sender),
        sender=mail.sender_name,
        subject=mail.subject,
        text=mail.parts.text,
        verdict=classify(mail, at.date(), back),
        at=at,
        concerns=_concerned(mail, back.addresses if back else ()),
        diagnostic=back.text if back else "",
        by_mail_system=mail.from_mail_system or mail.null_sender,
    )


def mail_of(form: Form) -> InboundMail:
    """The mail that was posted."""
    charsets = _charsets(form.fields.get("charsets", b""))
    raw = form.fields.get("email")
    if raw is None:
        headers = read_headers(form.fields.get("headers", b""))
        parts = _parsed_parts(form, charsets)
    else:
        headers = read_headers(head_of(raw))
        parts = read_raw(raw)
    values = Values(headers)

    def posted(name: str) -> str:
        value = form.fields.get(name)
        found = values.first(name) if value is None else decode(value, charsets.get(name))
        return found[: 4 * LONGEST_LINE]

    return InboundMail(
        headers=headers,
        sender=_sender(values.first("from"), posted("from")),
        sender_name=_one_line(posted("from")),
        subject=_one_line(posted("subject")),
        parts=parts,
        null_sender=_is_null(values, form.fields.get("envelope", b"")),
    )


def _sender(sent: str, posted: str) -> str:
    """The address that the mail is from. Names may be decoded in what was posted: the field as it
    was sent says which of several addresses is the sender's."""
    found, surely = addresses_in(posted), address_of(sent)
    if surely and (not found or surely in found):
        return surely[:LONGEST_LINE]
    return found[0][:LONGEST_LINE] if found else ""


def _is_null(values: Values, envelope: bytes) -> bool:
    """Whether the envelope names no sender."""
    if "return-path" in values:
        return values.first("return-path").strip() == "<>"
    try:
        told = json.loads(envelope)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("from") in ("", "<>")


def _parsed_parts(form: Form, charsets: Mapping[str, str]) -> Parts:
    plain = decode(form.fields.get("text", b""), charsets.get("text"))
    html = decode(form.fields.get("html", b""), charsets.get("html"))
    parts = Parts(text=best_text(plain, html)[:LONGEST_TEXT])
    for content_type, content in form.reports:
        parts.add(content_type, content)
    return parts


def _own_id(mail: InboundMail) -> str:
    """Its Message-ID; of a mail with none, or one that is too long, a digest."""
    if found := mail.values.ids("message-id"):
        return found[0]
    first = mail.values.first("message-id") or mail.values.first("date")
    told = "\0".join((first, mail.sender_name, mail.subject, mail.parts.text))
    return f"sha256-{hashlib.sha256(told.encode()).hexdigest()}"


def _answered(mail: InboundMail, *, reported: bool) -> list[str]:
    """The Message-IDs of the mails that it returns or answers, the likeliest first. In a mail that
    somebody wrote, those in the text are only quoted."""
    back = returned_ids(mail) if reported or mail.parts.returned else []
    direct = mail.values.ids("in-reply-to")
    references = reversed(mail.values.ids("references"))
    return list(dict.fromkeys([*back, *direct, *references]))[:MOST_ANSWERED]


def _concerned(mail: InboundMail, failed: Sequence[str]) -> list[str]:
    """Keys of the addresses that a report is about, the surest first."""
    told = [*failed, *complainants(mail)]
    keys = [address_key(one) for one in told if one != mail.sender]
    return list(dict.fromkeys(keys))[:MOST_REPORTED]


def _charsets(posted: bytes) -> dict[str, str]:
    """Field → character set, as SendGrid tells it."""
    try:
        told = json.loads(posted)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def _one_line(value: str) -> str:
    return " ".join(decode_header(value[: 4 * LONGEST_LINE]).split())[:LONGEST_LINE]
