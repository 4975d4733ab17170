"""When to ask again what could not be kept."""

from __future__ import annotations

SECONDS = "5"


def retry_after(status: int = 503) -> dict[str, str]:
    """The header of an answer with ``status`` (RFC 9110 10.2.3); {} when asking again is no use."""
    return {"Retry-After": SECONDS} if status == 503 else {}
