"""RFC 5322 messages: text, HTML and calendar part of one e-mail as bytes.

Written by hand because ``email.message`` takes milliseconds for a mail of usual size and encodes
a long ``List-Unsubscribe`` URL as an encoded word (RFC 2047), which no mail program reads back
there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from domain.email.addresses import host_of

# RFC 5322 2.1.1: a line has at most 998 characters and should have at most 78.
LINE_LIMIT = 998
LINE_WISH = 78
# A line with encoded words has at most 76 characters (RFC 2047 2): "Subject: ", 12 for the word's
# own marks, and base64 of this many bytes.
ENCODED_WORD_BYTES = 39

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_RUN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM = r"[^\s\x00-\x1f\x7f<>()\[\]:;@,\\\"]"
_MAILBOX = re.compile(rf"({_ATOM}{{1,64}})@({_ATOM}{{1,255}})")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class CalendarPart:
    """An iCalendar object (UTF-8) and its iTIP method: ``REQUEST`` or ``CANCEL``."""

    method: str
    content: bytes

    @property
    def content_type(self) -> str:
        """As RFC 6047 2.4 wants it: the method of the part is that of the object."""
        return f"text/calendar; method={self.method}; charset=utf-8"


CALENDAR_FILE = "invite.ics"
"""The name of the attachment with the same content."""


class MailError(ValueError):
    """A part of the message can't stand in an e-mail. Names the part, never its content."""


def mailbox(address: str) -> str:
    """``address`` trimmed, its domain in IDNA form (``한국.example`` → ``xn--…``).

    Quoted local parts (``"a b"@example.com``) are refused: hardly anybody has one, and they are
    how an address smuggles in a second one.

    Raises:
        MailError: the address is none.
    """
    match = _MAILBOX.fullmatch(address.strip())
    if match is None:
        raise MailError("address is not a mailbox of the form name@domain.")
    local, domain = match.groups()
    try:
        host = host_of(domain)
    except ValueError:
        raise MailError("address has a domain that can't be a host name.") from None
    return f"{local}@{host}"


def one_line(text: str) -> str:
    """``text`` with every run of line breaks and control characters made one space, trimmed."""
    return _CONTROL_RUN.sub(" ", text).strip()


def thread_headers(written: Sequence[str]) -> dict[str, str]:
    """The headers of a mail that goes on with those ``written`` before (Message-IDs without angle
    brackets, the latest last): RFC 5322, 3.6.4. The oldest are left out where the line would be
    longer than any may be."""
    ids = [f"<{one}>" for one in written]
    while len(f"References: {' '.join(ids)}") > LINE_LIMIT:
        del ids[0]
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)} if ids else {}


def build(
    *,
    sender: tuple[str, str],
    recipient: tuple[str, str],
    subject: str,
    text: str,
    html: str,
    message_id: str,
    at: datetime,
    headers: Mapping[str, str],
    reply_to: Sequence[str] = (),
    calendar: CalendarPart | None = None,
) -> bytes:
    """The whole message with CRLF line ends, ``multipart/alternative``.

    With ``calendar`` that is the first part of a ``multipart/mixed``: the object is an alternative
    of the text, which Gmail and Outlook show as an invitation, and an attachment for the others.

    ``sender`` and ``recipient`` are (name, address as :func:`mailbox` gives it), ``reply_to`` such
    addresses; ``at`` is an aware datetime; ``message_id`` has no angle brackets. The same arguments
    give the same bytes. All bytes are ASCII unless an address has a local part that is not (RFC
    6532).

    Raises:
        MailError: a header's name, a header's value or the message id would break the message.
    """
    lines = [
        _address_line("From", *sender),
        *([_fold("Reply-To:", ", ".join(reply_to).split(" "))] if reply_to else []),
        _address_line("To", *recipient),
        _text_line("Subject", subject),
        f"Date: {format_datetime(at)}",
        _exact_line("Message-ID", f"<{message_id}>"),
        *(_exact_line(name, value) for name, value in headers.items()),
        "MIME-Version: 1.0",
    ]
    boundary = "=_" + hashlib.sha256(f"{message_id}\0{text}\0{html}".encode()).hexdigest()[:32]
    body = [_part("plain", text), _part("html", html)]
    if calendar is not None:
        body.append(_base64_part(calendar.content_type, calendar.content))
    content = _multipart("alternative", boundary, body)
    if calendar is not None:
        attachment = _base64_part(
            f'application/ics; name="{CALENDAR_FILE}"',
            calendar.content,
            f'Content-Disposition: attachment; filename="{CALENDAR_FILE}"',
        )
        content = _multipart("mixed", boundary.replace("=_", "=_mixed_"), [content, attachment])
    return "\r\n".join(lines).encode() + b"\r\n" + content


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(
        (
            f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode(),
            *(mark + b"\r\n" + part + b"\r\n" for part in parts),
            mark + b"--\r\n",
        )
    )


def _base64_part(content_type: str, content: bytes, *headers: str) -> bytes:
    lines = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *headers]
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + encoded


def _exact_line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if not _HEADER_NAME.fullmatch(name):
        raise MailError("A header's name has a character that none may have.")
    if not value.isascii() or _CONTROL.search(value) or len(line) > LINE_LIMIT:
        raise MailError(f"The header {name} must be one line of ASCII, {LINE_LIMIT} at most.")
    return line


def _text_line(name: str, value: str) -> str:
    value = one_line(value)
    # "=?" in plain text would be read as the start of an encoded word.
    if value.isascii() and "=?" not in value:
        words = value.split(" ")
        if max(map(len, words)) < LINE_WISH:
            return _fold(f"{name}:", words)
    return _fold(f"{name}:", _encoded_words(value))


def _address_line(name: str, phrase: str, address: str) -> str:
    phrase = one_line(phrase)
    if not phrase:
        return f"{name}: {address}"
    if not phrase.isascii() or "=?" in phrase or len(phrase) > LINE_WISH:
        return _fold(f"{name}:", [*_encoded_words(phrase), f"<{address}>"])
    if _PLAIN_PHRASE.fullmatch(phrase):
        return _fold(f"{name}:", [phrase, f"<{address}>"])
    quoted = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return _fold(f"{name}:", [f'"{quoted}"', f"<{address}>"])


def _fold(line: str, words: list[str]) -> str:
    """``line`` and the words after it, broken before the word that would pass the wished width."""
    folded = []
    for word in words:
        if len(line) + 1 + len(word) > LINE_WISH:
            folded.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*folded, line])


def _encoded_words(value: str) -> list[str]:
    """``value`` as encoded words, none of which splits a character."""
    chunks: list[bytes] = [b""]
    for character in value:
        encoded = character.encode("utf-8", "replace")
        if len(chunks[-1]) + len(encoded) > ENCODED_WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks]


def _part(subtype: str, text: str) -> bytes:
    """One body part: as it is when it is ASCII in short lines, else in the encoding that leaves
    most of it readable."""
    body = _BREAK.sub("\r\n", text).encode("utf-8", "replace")
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if body.isascii() and max(map(len, body.split(b"\r\n"))) <= LINE_LIMIT:
        encoding = "7bit"
    elif _share_beyond_ascii(body) < 1 / 6:
        encoding = "quoted-printable"
        body = binascii.b2a_qp(body, istext=True)
    else:
        encoding = "base64"
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    return head.encode() + b"\r\n\r\n" + body


def _share_beyond_ascii(body: bytes) -> float:
    return 1 - len(body.translate(None, bytes(range(128, 256)))) / len(body)
