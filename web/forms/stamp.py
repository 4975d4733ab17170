"""Which page a form was sent from, when that was made and what stood on it: signed, within the
page."""

from __future__ import annotations

import secrets
import time
from dataclasses import astuple, dataclass

from itsdangerous import BadData, URLSafeSerializer

OPEN_SECONDS = 24 * 3600
"""For how long a page may be open before it is sent."""


@dataclass(frozen=True)
class Stamp:
    """``page`` is random; ``made_at`` real time, Unix seconds; ``consent`` the id of the wording
    that stands on it, None where there is none."""

    form: str
    page: str
    language: str
    consent: int | None
    made_at: float

    @property
    def age(self) -> float:
        """Seconds since the page was made."""
        return time.time() - self.made_at


class Stamps:
    """Makes and reads them.

    Args:
        secret: of this deployment.
    """

    def __init__(self, secret: str) -> None:
        self._signed = URLSafeSerializer(secret, salt="perennial.form")

    def new(self, form: str, language: str, consent: int | None) -> Stamp:
        """For a page that is made now."""
        return Stamp(form, secrets.token_urlsafe(16), language, consent, round(time.time(), 1))

    def write(self, stamp: Stamp) -> str:
        """As it stands in the page."""
        return str(self._signed.dumps(astuple(stamp)))

    def read(self, written: str, form: str) -> Stamp | None:
        """What a page of this form said; None for what is altered, of another form, or too old."""
        try:
            stamp = Stamp(*self._signed.loads(written))
        except BadData:
            return None
        return stamp if stamp.form == form and stamp.age <= OPEN_SECONDS else None
