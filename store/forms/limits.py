"""How much may come through a form, counted in the database for all web processes together."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection

from domain.forms.spam import mailbox
from store.tracking.tracking_use import HOUR, Limit, TooMuch, over, use_of

LIMITS = {
    "form network": Limit(30, HOUR),
    "form address": Limit(5, HOUR),
    "form": Limit(600, HOUR),
    "kept of network": Limit(100, HOUR),
    "kept": Limit(2_000, HOUR),
}
"""Of networks and addresses over all forms, of others for one form. What is over the first three is
kept apart for a person to look at; what is over the last two is not kept, and whoever sends it is
told so."""
_ALL_FORMS = 0
"""In place of the id of a source."""


class FormLimits:
    """Counts what is sent: first what one sender can use up alone, and what all share only for what
    is within that, so that nobody shuts a form for the others.

    Args:
        secret: of this deployment; keys the hashes of networks and addresses.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def is_crowded(
        self, connection: Connection, source_id: int, network: str, email_key: str
    ) -> bool:
        """Count what was sent and looks like a person's; whether it is too much to be believed."""
        return bool(
            _first_over(
                connection,
                (_ALL_FORMS, "form network", self._hash("n", network)),
                (_ALL_FORMS, "form address", self._hash("a", mailbox(email_key))),
                (source_id, "form", ""),
            )
        )

    def make_room(
        self, connection: Connection, source_id: int, network: str, *, again: bool
    ) -> None:
        """Count what is to be kept apart.

        Args:
            again: whether its page is kept already, and takes no more room.

        Raises:
            TooMuch: there is no room for more.
        """
        shared = [] if again else [(source_id, "kept", "")]
        own = (_ALL_FORMS, "kept of network", self._hash("n", network))
        if full := _first_over(connection, own, *shared):
            raise TooMuch(LIMITS[full])

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self._secret, f"form {kind}:{value}".encode(), hashlib.sha256).hexdigest()[
            :32
        ]


def _first_over(connection: Connection, *uses: tuple[int, str, str]) -> str:
    """Count one after the other (source, limit, whose), up to the first that is over; '' for
    none."""
    for source_id, what, who in uses:
        used = use_of(connection, source_id, LIMITS, {(what, who): 1})
        if any(over(LIMITS, one, times) for one, times in used.items()):
            return what
    return ""
