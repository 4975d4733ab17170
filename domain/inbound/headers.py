"""The head of a message: its fields, unfolded, encoded words and all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from domain.inbound.charsets import decode, decode_header

Headers = Sequence[tuple[str, str]]

LONGEST_FIELD = 16 * 1024
"""Characters of a field that are looked at."""
MOST = 1000
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,500})\s*>")
_CHARSET = re.compile(rb"^content-type:.{0,500}?charset\s*=\s*\"?([\w.:-]{2,40})",
                      re.IGNORECASE | re.MULTILINE | re.DOTALL)  # fmt: skip


def head_of(message: bytes) -> bytes:
    """The head of a message."""
    return re.split(rb"\r?\n\r?\n", message.lstrip(b"\r\n"), maxsplit=1)[0]


def read_headers(head: bytes) -> Headers:
    """Name and value of each field, in their order; what is none is passed over.

    Encoded words stay. Eight-bit bytes, which RFC 6532 wants to be UTF-8, are otherwise in the
    character set of the mail's text.
    """
    declared = _CHARSET.search(head)
    charset = declared[1].decode("ascii", "replace") if declared else None
    found = []
    for line in _unfolded(head):
        match = _FIELD.match(line)
        if match:
            value = decode(match[2][:LONGEST_FIELD], charset)
            found.append((match[1].decode("ascii"), " ".join(value.split())))
    return found


def _unfolded(head: bytes) -> Iterator[bytes]:
    pending = b""
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", head)):
        if number > MOST:
            break
        if line[:1] in (b" ", b"\t"):
            if len(pending) < LONGEST_FIELD:
                pending += line
            continue
        yield pending
        pending = line
    yield pending


class Values:
    """Fields by name, whatever their case."""

    def __init__(self, headers: Headers) -> None:
        self._headers = [(name.casefold(), value) for name, value in headers]

    def __contains__(self, name: str) -> bool:
        return any(found == name for found, _ in self._headers)

    def first(self, name: str) -> str:
        """The value as it was sent, '' when there is none."""
        return next((value.strip() for found, value in self._headers if found == name), "")

    def text(self, name: str) -> str:
        """The value with its encoded words as text."""
        return " ".join(decode_header(self.first(name)).split())

    def ids(self, *names: str) -> list[str]:
        """The Message-IDs in these fields, without brackets."""
        return [one for name in names for one in _MESSAGE_ID.findall(self.first(name))]
