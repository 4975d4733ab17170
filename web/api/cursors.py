"""Cursors: where a page of a list ends, sealed."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken


class BadCursor(ValueError):
    """No cursor of ours, or one of another list."""


class Cursors:
    """Writes and reads the cursors of a deployment: the sort key of the last row of a page. They
    are encrypted (Fernet): a sort key may be somebody's address, and cursors stand in addresses,
    which proxies log; nobody is to build on what is in them either."""

    def __init__(self, secret: str) -> None:
        key = hmac.digest(secret.encode(), b"perennial.cursor", "sha256")
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def write(self, of: str, key: Sequence[Any]) -> str:
        """The cursor that stands after the row with this sort key in the list ``of``."""
        said = json.dumps([of, *key], default=_plain).encode()
        return self._fernet.encrypt(said).decode().rstrip("=")

    def read(self, of: str, cursor: str) -> tuple[Any, ...]:
        """The sort key that :meth:`write` was given.

        Raises:
            BadCursor: it is none, or of another list than ``of``.
        """
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            whose, *key = json.loads(self._fernet.decrypt(padded), object_hook=_typed)
        except (InvalidToken, ValueError):
            raise BadCursor from None
        if whose != of:
            raise BadCursor
        return tuple(key)


def _plain(value: object) -> dict[str, str]:
    match value:
        case datetime():
            return {"time": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
    raise TypeError(f"no sort key has a {type(value).__name__}")


def _typed(value: dict[str, str]) -> date:
    if "time" in value:
        return datetime.fromisoformat(value["time"])
    return date.fromisoformat(value["day"])
