"""What is wrong with a request or with one message of it."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The request as a whole is refused; nothing of it is kept.

    ``code`` and ``message`` are what Segment's libraries show of an answer, ``field`` is where the
    mistake is: ``body``, a header, or a field of the envelope.
    """

    def __init__(self, status: int, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field

    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "success": False,
            "code": self.code,
            "message": str(self),
            "errors": [{"field": self.field, "message": str(self)}],
        }


class BadMessage(ValueError):
    """One message is refused; the others of its batch are not. ``field`` is a path such as
    ``properties.price``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
