"""A mail as it came: its head, its words, and the parts that programs write for programs."""

from __future__ import annotations

import email
import email.policy
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message

from domain.inbound.addresses import is_mail_system
from domain.inbound.charsets import decode
from domain.inbound.headers import LONGEST_FIELD, Headers, Values, head_of, read_headers
from domain.inbound.html import charset_in, text_of_html
from domain.inbound.reply_extraction import extract_reply
from domain.inbound.wording import says_returned

LONGEST_TEXT = 100_000
"""Characters of a mail's text that are kept."""
LONGEST_PART = 64 * 1024
"""Bytes of a part for programs that are looked at."""
MOST_PARTS = 200

STATUS = ("message/delivery-status", "message/global-delivery-status")
FEEDBACK = ("message/feedback-report",)
RETURNED = (
    *("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"),
    "text/rfc822",
)
CALENDAR = ("text/calendar", "application/ics")
READ = ("message/disposition-notification",)
FOR_PROGRAMS = (*STATUS, *FEEDBACK, *RETURNED, *CALENDAR, *READ)
"""Types of parts that say what a mail is, attached or not."""

# What the email package raises on mails that nobody should have written.
UNREADABLE = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError
)  # fmt: skip


class _ShortHeaders(email.policy.Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_FIELD]


_POLICY = _ShortHeaders()


@dataclass
class Parts:
    """What a mail is made of.

    Attributes:
        text: what people read, quotations and all.
        reports: ``message/delivery-status`` parts (RFC 3464).
        feedback: ``message/feedback-report`` parts (RFC 5965).
        returned: messages that are attached or returned, or their heads only.
        calendars: iCalendar objects.
        read: whether it is the receipt for a mail that was read (RFC 8098).
    """

    text: str = ""
    reports: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    returned: list[bytes] = field(default_factory=list)
    calendars: list[bytes] = field(default_factory=list)
    read: bool = False

    def add(self, content_type: str, content: bytes) -> None:
        """Keep a part for programs, one of :data:`FOR_PROGRAMS`."""
        content = content[:LONGEST_PART]
        if content_type in STATUS:
            self.reports.append(decode(content, None))
        elif content_type in FEEDBACK:
            self.feedback.append(decode(content, None))
        elif content_type in RETURNED:
            self.returned.append(content)
        elif content_type in CALENDAR:
            self.calendars.append(content)
        elif content_type in READ:
            self.read = True


@dataclass(frozen=True)
class InboundMail:
    """A mail that was received.

    Attributes:
        headers: as they were sent, unfolded.
        sender: the address that it is from, '' for none.
        sender_name: the From field in words.
        subject: in words.
        null_sender: whether its envelope names nobody (``MAIL FROM:<>``): whoever sent it wants
            no answer.
    """

    headers: Headers
    sender: str
    sender_name: str
    subject: str
    parts: Parts
    null_sender: bool = False

    @functools.cached_property
    def values(self) -> Values:
        """The headers by name."""
        return Values(self.headers)

    @functools.cached_property
    def own(self) -> str:
        """What the sender wrote, without quotations and signature."""
        return extract_reply(self.parts.text)

    @functools.cached_property
    def returned_heads(self) -> list[Values]:
        """The heads of the messages that are attached or returned, by name."""
        return [Values(read_headers(head_of(part))) for part in self.parts.returned]

    @functools.cached_property
    def from_mail_system(self) -> bool:
        """Whether nobody wrote the mail: its sender is a mail server, or no address at all."""
        return is_mail_system(self.sender, self.sender_name) or (
            not self.sender and says_returned(self.subject)
        )


def best_text(plain: str, html: str) -> str:
    """Of two forms of the same, the plain one unless it says nothing that the other says."""
    if extract_reply(plain):
        return plain
    words = text_of_html(html)
    return words if extract_reply(words) or not plain.strip() else plain


def read_raw(raw: bytes) -> Parts:
    """The parts of a message. Whatever can't be read is left out."""
    parts = Parts()
    try:
        message = email.message_from_bytes(raw, policy=_POLICY)
        pieces = _pieces(message, parts, iter(range(MOST_PARTS)))
    except UNREADABLE:
        pieces = ""
    parts.text = pieces[:LONGEST_TEXT]
    return parts


def _pieces(part: Message, parts: Parts, room: Iterator[int], depth: int = 0) -> str:
    """The words in a part and all within; of alternatives the best."""
    if next(room, None) is None or depth > 20:
        return ""
    kind = part.get_content_type()
    if kind in FOR_PROGRAMS:
        parts.add(kind, _content(part))
        return ""
    inner = part.get_payload()
    if part.is_multipart() and isinstance(inner, list):
        found = [_pieces(one, parts, room, depth + 1) for one in inner if isinstance(one, Message)]
        if kind == "multipart/alternative":
            return next(
                (one for one in found if extract_reply(one)), next(filter(str.strip, found), "")
            )
        return "\n\n".join(filter(str.strip, found))
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
        return ""
    try:
        content = part.get_payload(decode=True)
        charset = str(part.get_param("charset", "")) or None
    except UNREADABLE:
        return ""
    if not isinstance(content, bytes):
        return ""
    if kind == "text/html":
        return text_of_html(decode(content, charset or charset_in(content)))
    return decode(content, charset)


def _content(part: Message) -> bytes:
    """What is in a part, decoded, whichever way the package took it apart."""
    try:
        if not part.is_multipart() and isinstance(found := part.get_payload(decode=True), bytes):
            return found
        inner = part.as_bytes().partition(b"\n\n")[2]
        encoding = str(part.get("content-transfer-encoding", "")).strip().casefold()
        if encoding in ("base64", "quoted-printable"):
            again = Message()
            again["Content-Transfer-Encoding"] = encoding
            again.set_payload(inner.strip().decode("ascii", "replace"))
            decoded = again.get_payload(decode=True)
            return decoded if isinstance(decoded, bytes) else inner
    except UNREADABLE:
        return b""
    return inner
