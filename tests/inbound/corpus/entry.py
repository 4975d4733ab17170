"""One mail of the corpus, and how messages are put together."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass

OURS = "our-mail-1@lindenmoor.example"
"""The Message-ID of the mail that Jane got."""
OURS_TO_BEN = "our-mail-2@lindenmoor.example"
JANE, BEN, STRANGER = "jane@acme.example", "ben@acme.example", "kim@elsewhere.example"
HERE = "clara@lindenmoor.example"


@dataclass(frozen=True)
class Entry:
    """A mail and what must become of it.

    Attributes:
        lead: whose it is: an address of a lead, '' for nobody's.
        stops: addresses that get no more mail because of it.
        language: BCP 47, '' where no words are.
    """

    name: str
    raw: bytes
    kind: str
    lead: str = JANE
    language: str = ""
    stops: tuple[str, ...] = ()


def header(name: str, value: str) -> bytes:
    """A header; what is not ASCII goes as encoded words (RFC 2047), in UTF-8."""
    return f"{name}: {value if value.isascii() else word(value)}\r\n".encode()


def word(value: str, charset: str = "utf-8", encoding: str = "b") -> str:
    """An encoded word."""
    content = value.encode(charset)
    if encoding == "b":
        return f"=?{charset}?b?{base64.b64encode(content).decode()}?="
    quoted = "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in content
    )
    return f"=?{charset}?q?{quoted}?="


def part(
    content: str | bytes,
    kind: str = "text/plain",
    *,
    charset: str = "utf-8",
    encoding: str = "base64",
    more: str = "",
) -> bytes:
    """A part with its head."""
    body = content.encode(charset) if isinstance(content, str) else content
    label = f"; charset={charset}" if isinstance(content, str) else ""
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body).replace(b"\n", b"\r\n")
    head = f"Content-Type: {kind}{label}{more}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body


def multipart(kind: str, parts: Sequence[bytes], more: str = "", boundary: str = "=_b1") -> bytes:
    """Parts, with their common head."""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n\r\n'.encode()
    mark = f"--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts)
    return head + inside + mark + b"--\r\n"


def message(
    name: str,
    body: bytes,
    *,
    sender: str = f"Jane Doe <{JANE}>",
    subject: str = "Re: Fewer empty shifts",
    answers: str = OURS,
    more: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A whole message; ``more`` are further headers, as they stand."""
    lines = [header("From", sender), header("To", HERE), header("Subject", subject)]
    lines.append(f"Message-ID: <{name.replace(' ', '-')}@acme.example>\r\n".encode())
    if answers:
        lines.append(f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n".encode())
    lines += [f"{key}: {value}\r\n".encode() for key, value in more]
    return b"".join(lines) + b"MIME-Version: 1.0\r\n" + body
