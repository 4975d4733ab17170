"""Secrets of users that must be read again, sealed: who reads a backup reads none of them."""

from __future__ import annotations

import base64
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class UnknownSecret(Exception):
    """What was sealed is another user's, too old, altered, or of another ``SECRET_KEY``."""


class Sealer:
    """Seals with a key of its own for each ``purpose``, derived from the deployment's secret (HKDF,
    RFC 5869), which is not in the database."""

    def __init__(self, deployment_secret: str, purpose: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=f"perennial.{purpose}".encode()).derive(
            deployment_secret.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, user_id: int, secret: str) -> str:
        """A secret of a user, sealed."""
        return self._fernet.encrypt(f"{user_id} {secret}".encode()).decode()

    def open(self, sealed: str, user_id: int, within: timedelta | None = None) -> str:
        """The secret.

        Args:
            within: how long ago it may have been sealed; None: ever.

        Raises:
            UnknownSecret: it is not for this user, or too old.
        """
        seconds = None if within is None else int(within.total_seconds())
        try:
            whose, _, secret = (
                self._fernet.decrypt(sealed.encode(), ttl=seconds).decode().partition(" ")
            )
        except InvalidToken:
            raise UnknownSecret from None
        if whose != str(user_id):
            raise UnknownSecret
        return secret
