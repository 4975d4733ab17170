"""Mail that came back: for which address, why, and which mail it was.

Read from the fields that mail servers write for programs (RFC 3464), from the header of Exim, by
the heuristics of ``flufl.bounce``, and at last from the words.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from flufl.bounce import all_failures

from domain.inbound.addresses import addresses_in
from domain.inbound.mail import UNREADABLE, InboundMail
from domain.inbound.wording import says_delayed, says_returned

# It tells of each mail which of its detectors were tried.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

LONGEST = 20_000
"""Characters of a bounce that is read as words."""
MOST_RECIPIENTS = 50

Fate = Literal["failed", "delayed", "delivered"]

_FIELD = re.compile(r"([A-Za-z-]{1,40})[ \t]*:[ \t]*(.*)")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])[45][0-5]\d(?=[ -]\S)")
_COPY = re.compile(
    r"(?im)^[ \t>*]*(?:-{2,}.{0,80}(?:copy|original|returned|message|nachricht|mensaje|원본|原"
    r"|copie"
    r"|headers).{0,80}|(?:received|return-path)\s*:.*)$"
)
_COPIED_ID = re.compile(r"(?im)^[ \t>|]*message-id\s*:\s*<([^<>\s]{1,500})>")


@dataclass(frozen=True)
class Recipient:
    """What became of a mail for one recipient.

    Attributes:
        addresses: the recipient's, the one that was written to first.
        status: RFC 3463 (``5.1.1``) or else RFC 5321 (``550``), '' when none is told.
        text: what the server said; it may name people, so it is for reading only.
    """

    fate: Fate
    addresses: tuple[str, ...]
    status: str
    text: str


def returned(mail: InboundMail) -> Recipient | None:
    """For whom a mail says that one came back, None when it says nothing of the sort."""
    recipients = _reported(mail.parts.reports)
    return _worst(recipients) if recipients else _in_words(mail)


def returned_ids(mail: InboundMail) -> list[str]:
    """Message-IDs of the mail that is returned, the surest first: attached, copied into the text,
    or named in the head."""
    attached = [one for head in mail.returned_heads for one in head.ids("message-id")]
    copied = _COPIED_ID.findall(mail.parts.text)
    return list(dict.fromkeys([*attached, *copied]))


def status_in(text: str) -> str:
    """The first status in a text, '' for none."""
    found = _STATUS.search(text) or _SMTP_CODE.search(text)
    return found[0] if found else ""


def _reported(reports: Sequence[str]) -> list[Recipient]:
    blocks = (
        block
        for report in reports
        for block in re.split(r"\n[ \t]*\n", re.sub(r"\r\n?", "\n", report))
    )
    return [one for block in blocks if (one := _recipient(block))][:MOST_RECIPIENTS]


def _recipient(block: str) -> Recipient | None:
    fields: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
        if match := _FIELD.match(line):
            fields.setdefault(match[1].casefold(), match[2].strip())
    named = ("original-recipient", "final-recipient", "x-actual-recipient")
    addresses = [
        one for name in named for one in addresses_in(fields.get(name, "").partition(";")[2])
    ] or [one for name in named for one in addresses_in(fields.get(name, ""))]
    action = re.match(r"[a-z]*", fields.get("action", "").casefold())
    if not addresses and not (action and action[0]):
        return None
    said = fields.get("diagnostic-code", "")
    status = status_in(fields.get("status", ""))
    if status in ("", "5.0.0", "4.0.0"):
        status = status_in(said) or status
    return Recipient(_fate(action[0] if action else "", status), tuple(addresses), status, said)


def _fate(action: str, status: str) -> Fate:
    if action in ("delivered", "relayed", "expanded"):
        return "delivered"
    if action == "delayed":
        return "delayed"
    return "delivered" if not action and status.startswith("2") else "failed"


def _worst(recipients: Sequence[Recipient]) -> Recipient:
    order = ("failed", "delayed", "delivered")
    return min(recipients, key=lambda one: order.index(one.fate))


def _in_words(mail: InboundMail) -> Recipient | None:
    """A refusal that a mail server puts in words."""
    failed = addresses_in(mail.values.first("x-failed-recipients"))
    if not failed and not mail.from_mail_system:
        return None
    above = _COPY.split(mail.parts.text[:LONGEST], maxsplit=1)[0]
    words = above.strip() or mail.parts.text[:LONGEST]
    delayed, gone = _by_heuristics(mail)
    status = status_in(words)
    refused = bool(failed or gone or says_returned(mail.subject) or says_returned(words))
    waits = bool(delayed) or says_delayed(mail.subject) or (not refused and says_delayed(words))
    about = bool(mail.parts.returned) or bool(_COPIED_ID.search(mail.parts.text))
    if not (refused or waits or status or about):
        return None
    addresses = tuple(dict.fromkeys([*failed, *gone, *delayed, *addresses_in(words)]))
    fate: Fate = "delayed" if waits and not (failed or gone) else "failed"
    return Recipient(fate, addresses[:MOST_RECIPIENTS], status, words)


def _by_heuristics(mail: InboundMail) -> tuple[list[str], list[str]]:
    """Addresses that ``flufl.bounce`` finds: those tried again, and those given up."""
    message = Message()
    for name in ("from", "subject", "x-failed-recipients"):
        if value := mail.values.first(name):
            message[name] = value
    message["Content-Type"] = "text/plain; charset=utf-8"
    lines = [line[:500] for line in mail.parts.text[:LONGEST].splitlines()]
    message.set_payload("\n".join(lines))
    try:
        delayed, failed = all_failures(message)
    except UNREADABLE:
        return [], []
    return sorted(map(_as_text, delayed)), sorted(map(_as_text, failed))


def _as_text(address: bytes | str) -> str:
    return address.decode("ascii", "replace") if isinstance(address, bytes) else address
