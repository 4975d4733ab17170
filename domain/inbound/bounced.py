"""Whether a mail that came back ends its address."""

from __future__ import annotations

from domain.inbound.returned import status_in


def is_hard(status: str, text: str) -> bool:
    """Whether the status, or else the first in the text, is a permanent one (RFC 3463, 5321)."""
    return (status or status_in(text)).startswith("5")
