"""Character sets as mail programs name and use them.

A label means what the WHATWG Encoding Standard says (https://encoding.spec.whatwg.org/#names), as
browsers and mail programs read it: ``ks_c_5601-1987`` is Windows' code page 949, ``gb2312`` is GBK,
``iso-8859-1`` is Windows-1252. Python's codecs of the same names are the narrower originals and
lose what everybody writes. Labels that the standard left out on purpose for web pages, but which
mail has (UTF-7, ISO-2022-KR, HZ), are Python's.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re

import charset_normalizer
import webencodings

# Where the standard's encoding has a wider codec in Python, or one of another name.
_CODECS = {
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman",
    "iso-8859-8-i": "iso8859-8",
}
# Of mail only: names that neither the standard nor Python has, and Python's that are no charsets.
_OF_MAIL = {
    "cp949": "cp949",
    "cp936": "gb18030",
    "cp950": "big5hkscs",
    "ks_c_5601": "cp949",
    "ks_c_5601_1987": "cp949",
    "ms949": "cp949",
    "uhc": "cp949",
    "gb_2312_80": "gb18030",
    "cp932": "cp932",
    "iso-2022-jp-1": "iso-2022-jp",
    "iso-2022-jp-2": "iso-2022-jp",
    "iso-2022-jp-3": "iso-2022-jp",
    "iso-2022-jp-ms": "iso-2022-jp",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "utf8mb4": "utf-8",
    "utf-8-sig": "utf-8",
}
# Nobody means what these say: eight-bit text under them is in whatever the program had.
_MEANINGLESS = frozenset({"", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown", "unknown-8bit",
                          "x-unknown", "default", "binary", "8bit", "_autodetect"})  # fmt: skip
_NO_CHARSETS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined"})
_WESTERN = ("windows-1252", "iso8859-1")
LONGEST_GUESS = 4096
"""Bytes from which a character set that nobody names is guessed."""
SHORTEST_GUESS = 12
MISTAKEN = 10
"""Text of which more than one character in so many is none in UTF-8 is in another set."""

_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\r\n]*)\?=")


def decode(content: bytes, label: str | None) -> str:
    """``content`` as text that a database can store, whatever its bytes are.

    What is labelled with a Western set, or with none, and is valid UTF-8 beyond ASCII is UTF-8: no
    text of another set is by chance.
    """
    codec = _codec(label)
    if codec in ("", *_WESTERN):
        try:
            return storable(content.decode("utf-8"))
        except UnicodeDecodeError:
            codec = codec or _guessed(content)
    if codec == "iso-2022-jp":
        return storable(_iso_2022_jp(content))
    found = storable(_decoded(content, codec))
    if codec == "utf-8" and found.count("\ufffd") * MISTAKEN > len(found):
        found = storable(_decoded(content, _guessed(content)))
    return found


def decode_header(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) as text, each decoded by itself: one that
    can't be read stays as it is and spoils no other.

    Neighbours of one set are decoded together: mail programs split characters between them.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending: list[tuple[str, bytes]] = []
    position = 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[position : word.start()]
        content = _word(word[2], word[3])
        if between.strip() or content is None or not pending:
            _flush(pending, pieces)
            pieces.append(between)
        if content is None:
            pieces.append(word[0])
        else:
            pending.append((word[1], content))
        position = word.end()
    _flush(pending, pieces)
    pieces.append(value[position:])
    return storable("".join(pieces))


def _flush(pending: list[tuple[str, bytes]], pieces: list[str]) -> None:
    while pending:
        label = pending[0][0].casefold()
        same = 0
        while same < len(pending) and pending[same][0].casefold() == label:
            same += 1
        pieces.append(decode(b"".join(content for _, content in pending[:same]), label))
        del pending[:same]


def _word(encoding: str, encoded: str) -> bytes | None:
    if encoding in "qQ":
        return binascii.a2b_qp(encoded.encode("ascii", "replace"), header=True)
    compact = re.sub(r"[^A-Za-z0-9+/]", "", encoded)
    try:
        return base64.b64decode(compact[: len(compact) - (len(compact) % 4 == 1)] + "==")
    except binascii.Error:
        return None


def _codec(label: str | None) -> str:
    """The Python codec that a label means, '' when it means nothing."""
    name = (label or "").strip(" \t\"'<>;").casefold()
    if name in _MEANINGLESS:
        return ""
    if known := _OF_MAIL.get(name):
        return known
    encoding: str | None = webencodings.LABELS.get(name)
    if encoding is not None and encoding != "replacement":
        return _CODECS.get(encoding, encoding)
    try:
        found = codecs.lookup(name)
        b"".decode(found.name)  # Not one from text to text, or from bytes to bytes.
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if found.name.replace("-", "_") in _NO_CHARSETS else found.name


def _guessed(content: bytes) -> str:
    sample = content[:LONGEST_GUESS]
    if len(sample) >= SHORTEST_GUESS and (best := charset_normalizer.from_bytes(sample).best()):
        return _codec(best.encoding) or "windows-1252"
    return "windows-1252"


def _decoded(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


# What switches ISO-2022-JP to one of its sets (RFC 1468; ESC ( I for half-width katakana).
_SWITCH = re.compile(rb"\x1b(\$[@B]|\([BJI]|\$\([D])")


def _iso_2022_jp(content: bytes) -> str:
    """By way of Windows' code page 932, for the sake of NEC's and IBM's rows (①, ㈱, 髙), which
    mail programs write although RFC 1468 has them not."""
    found: list[str] = []
    mode = b"(B"
    position = 0
    for switch in [*_SWITCH.finditer(content), None]:
        piece = content[position : switch.start() if switch else len(content)]
        found.append(_jis_piece(mode, piece))
        if switch is not None:
            mode, position = switch[1], switch.end()
    return "".join(found)


def _jis_piece(mode: bytes, piece: bytes) -> str:
    if mode in (b"$@", b"$B"):
        return _shifted(piece).decode("cp932", "replace")
    if mode == b"(I":
        return bytes(byte | 0x80 for byte in piece).decode("cp932", "replace")
    if mode == b"$(D":
        return (b"\x1b$(D" + piece + b"\x1b(B").decode("iso2022_jp_1", "replace")
    return piece.decode("cp932", "replace")


def _shifted(piece: bytes) -> bytes:
    """Pairs of JIS X 0208 (0x21 to 0x7E each) as Shift JIS; line ends, which should not be among
    them, stay."""
    found = bytearray()
    number = 0
    while number < len(piece):
        first = piece[number]
        second = piece[number + 1] if number + 1 < len(piece) else 0
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            found.append(first)
            number += 1
            continue
        row = (first - 0x21) // 2
        found.append(row + (0x81 if row < 31 else 0xC1))
        if first % 2:
            found.append(second + (0x1F if second < 0x60 else 0x20))
        else:
            found.append(second + 0x7E)
        number += 2
    return bytes(found)


def storable(value: str) -> str:
    """``value`` without what a database can't store."""
    return value.encode("utf-8", "replace").decode().replace("\0", "")
