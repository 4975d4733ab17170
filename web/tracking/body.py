"""The body of a tracking request: unpacked, and parsed."""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import Any

from web.doors import BadItem, refusal
from web.problems import RequestProblem

LARGEST_MESSAGE = 32 * 1024
LARGEST_BATCH = 500 * 1024
LARGEST_WHOLE = 2**63
DEEPEST = 32
"""How many objects and arrays may lie in each other within one message."""

_GZIP = 16 + zlib.MAX_WBITS
# Escapes that PostgreSQL's text can't hold, or can't unless they are one of a pair.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_NO_NUMBER = "The number is too large, or none at all."


def text_of(body: bytes, encoding: str, largest: int) -> str:
    """The text of a body in ``Content-Encoding`` ``encoding`` (``gzip`` or none).

    Args:
        largest: in bytes, unpacked.

    Raises:
        Problem: too large, no gzip, or no UTF-8.
    """
    packed = encoding.strip().lower() in ("gzip", "x-gzip")
    if not packed and encoding.strip().lower() not in ("", "identity"):
        raise refusal(
            415,
            "Content-Encoding",
            "Send the body as it is, or as gzip.",
            code="unsupported_encoding",
        )
    if len(body) > largest:
        raise _too_large(largest)
    data = _unpacked(body, largest) if packed else body
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refusal(400, "body", "The body is not UTF-8.", code="invalid_json") from None


def _unpacked(data: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        # It stops one byte too far: a bomb is never unpacked.
        unpacked = unpacker.decompress(data, largest + 1)
    except zlib.error:
        unpacked = b""
    if len(unpacked) > largest:
        raise _too_large(largest)
    if not unpacker.eof or unpacker.unused_data:
        raise refusal(400, "body", "The body is not gzip, or not all of it.", code="invalid_gzip")
    return unpacked


def _too_large(largest: int) -> RequestProblem:
    return refusal(
        400,
        "body",
        f"The body has more than {largest // 1024} KB: send fewer messages at once.",
        code="payload_too_large",
    )


def parse(text: str) -> tuple[dict[str, Any], bool]:
    """The JSON object of a body, and whether it may hold text or numbers that can't be stored:
    then each message has to be looked through.

    Raises:
        Problem: it is not JSON, not an object, or nested beyond all reason.
    """
    strange = bool(_SUSPECT_ESCAPE.search(text))

    def number(written: str) -> float:
        nonlocal strange
        value = float(written)
        strange |= not math.isfinite(value)
        return value

    def whole(written: str) -> int | float:
        # Beyond 64 bits it is what it is to JavaScript: a number that need not be whole.
        value = int(written) if len(written) <= 20 else LARGEST_WHOLE
        return value if -LARGEST_WHOLE < value < LARGEST_WHOLE else number(written)

    try:
        found = json.loads(
            text.removeprefix("\ufeff"), parse_float=number, parse_int=whole, parse_constant=number
        )
    except RecursionError:
        raise refusal(400, "body", "The body is nested too deeply.", code="invalid_json") from None
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise refusal(400, "body", f"The body is not JSON{where}.", code="invalid_json") from None
    if not isinstance(found, dict):
        raise refusal(400, "body", "The body must be a JSON object.", code="invalid_json")
    return found, strange


def check_storable(value: Any, path: str, depth: int = 0) -> None:
    """Look through a value for what can't be stored.

    Raises:
        BadItem: a NUL, half a surrogate pair, a number that is none, or too deep a nesting.
    """
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadItem(path, _NO_NUMBER)
    elif isinstance(value, dict | list):
        if depth >= DEEPEST:
            raise BadItem(path, f"It is nested more than {DEEPEST} levels deep.")
        if isinstance(value, list):
            for position, item in enumerate(value):
                check_storable(item, f"{path}[{position}]", depth + 1)
            return
        for name, item in value.items():
            _check_text(name, path or "body")
            check_storable(item, f"{path}.{name}" if path else name, depth + 1)


def _check_text(value: str, path: str) -> None:
    if "\0" in value:
        raise BadItem(path, "The text holds a NUL character.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadItem(path, "The text holds half a surrogate pair.") from None
