"""How much may come through a form, counted in the database for all web processes together."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection

from store.tracking.tracking_use import HOUR, Limit, TooMuch, over, use_of

LIMITS = {
    "form network": Limit(30, HOUR),
    "form address": Limit(5, HOUR),
    "form": Limit(600, HOUR),
    "kept of network": Limit(100, HOUR),
    "kept": Limit(2_000, HOUR),
}
"""Of one form. What is over the first three is kept apart for a person to look at; what is over the
last two is not kept, and whoever sends it is told so."""


class FormLimits:
    """Counts what is sent.

    Args:
        secret: of this deployment; keys the hashes of networks and addresses.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def is_crowded(
        self, connection: Connection, source_id: int, network: str, email_key: str
    ) -> bool:
        """Count what was sent; whether it is too much to be believed."""
        uses = {
            ("form network", self._hash("n", network)): 1,
            ("form address", self._hash("a", email_key)): 1,
            ("form", ""): 1,
        }
        used = use_of(connection, source_id, LIMITS, uses)
        return any(over(LIMITS, one, times) for one, times in used.items())

    def make_room(self, connection: Connection, source_id: int, network: str) -> None:
        """Count what is to be kept apart.

        Raises:
            TooMuch: there is no room for more.
        """
        uses = {("kept of network", self._hash("n", network)): 1, ("kept", ""): 1}
        for one, times in use_of(connection, source_id, LIMITS, uses).items():
            if over(LIMITS, one, times):
                raise TooMuch(LIMITS[one[0]])

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self._secret, f"form {kind}:{value}".encode(), hashlib.sha256).hexdigest()[
            :32
        ]
