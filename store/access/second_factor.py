"""The second factor of users: codes of an authenticator app (TOTP, RFC 6238), and recovery codes
for who has lost it. Times are real time."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import pyotp
import structlog
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from store.access.named_keys import digest
from store.access.sealing import Sealer, UnknownSecret
from store.tables import RecoveryCode, SecondFactor

log = structlog.get_logger(__name__)

Proof = Literal["code", "recovery-code"]
"""By what somebody has shown to have the second factor."""

STEP_SECONDS = 30
STEPS_BESIDE = 1
"""How many steps before and after the present one count: clocks differ (RFC 6238 §5.2)."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 15


class SecretBox:
    """Seals secrets of authenticators: who reads a backup can make no codes."""

    def __init__(self, deployment_secret: str) -> None:
        self._sealer = Sealer(deployment_secret, "second-factor")

    def new(self, user_id: int) -> str:
        """A new secret for a user, sealed."""
        return self._sealer.seal(user_id, pyotp.random_base32())

    def open(self, sealed: str, user_id: int, within: timedelta | None = None) -> str:
        """The secret, in base 32.

        Args:
            within: how long ago it may have been made; None: ever.

        Raises:
            UnknownSecret: it is not for this user, or too old.
        """
        return self._sealer.open(sealed, user_id, within)


def matching_step(secret: str, typed: str, now: datetime, after: int = 0) -> int | None:
    """The step whose code was typed, of those around ``now`` that come later than ``after``."""
    code = typed.replace(" ", "")
    present = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.HOTP(secret)
    for step in range(present - STEPS_BESIDE, present + STEPS_BESIDE + 1):
        if step > after and hmac.compare_digest(codes.at(step).encode(), code.encode()):
            return step
    return None


def add_second_factor(
    connection: Connection, user_id: int, sealed: str, step: int, now: datetime
) -> list[str] | None:
    """Ask the user for codes from now on.

    Args:
        sealed: the secret, as the box has sealed it for this user.
        step: the one whose code has confirmed it; that code lets nobody in any more.

    Returns:
        The recovery codes; None when there is a second factor already.
    """
    made = connection.execute(
        upsert(SecondFactor)
        .values(user_id=user_id, sealed_secret=sealed, last_step=step, created_at=now)
        .on_conflict_do_nothing(index_elements=["user_id"])
        .returning(SecondFactor.user_id)
    ).scalar()
    return None if made is None else renew_recovery_codes(connection, user_id)


def check_second_factor(
    connection: Connection, box: SecretBox, user_id: int, typed: str, now: datetime
) -> Proof | None:
    """Whether a code of the app or a recovery code is right; it is used up then.

    Returns:
        What was typed; None for what is wrong, was used before, or who has no second factor. A
        secret that the box can't open (``SECRET_KEY`` is another one) has no right code.
    """
    factor = connection.execute(
        select(SecondFactor.sealed_secret, SecondFactor.last_step)
        .where(SecondFactor.user_id == user_id)
        .with_for_update()
    ).first()
    if factor is None:
        return None
    used = connection.execute(
        delete(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _recovery_hash(typed))
        .returning(RecoveryCode.user_id)
    ).first()
    if used is not None:
        return "recovery-code"
    try:
        secret = box.open(factor.sealed_secret, user_id)
    except UnknownSecret:
        log.warning("a second factor was made with another SECRET_KEY: reset it", user=user_id)
        return None
    step = matching_step(secret, typed, now, after=factor.last_step)
    if step is None:
        return None
    connection.execute(
        update(SecondFactor).where(SecondFactor.user_id == user_id).values(last_step=step)
    )
    return "code"


def recovery_codes_left(connection: Connection, user_id: int) -> int | None:
    """How many recovery codes are unused; None for who has no second factor."""
    return connection.scalar(
        select(func.count(RecoveryCode.code_hash))
        .select_from(SecondFactor)
        .outerjoin(RecoveryCode, RecoveryCode.user_id == SecondFactor.user_id)
        .where(SecondFactor.user_id == user_id)
        .group_by(SecondFactor.user_id)
    )


def renew_recovery_codes(connection: Connection, user_id: int) -> list[str]:
    """Make new recovery codes for a user who has a second factor; those before count no more."""
    connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    connection.execute(
        insert(RecoveryCode),
        [{"user_id": user_id, "code_hash": _recovery_hash(code)} for code in codes],
    )
    return codes


def remove_second_factor(connection: Connection, user_id: int) -> bool:
    """Ask the user for no codes any more; False when there was no second factor."""
    removed = connection.execute(
        delete(SecondFactor).where(SecondFactor.user_id == user_id).returning(SecondFactor.user_id)
    )
    return removed.first() is not None


def _recovery_code() -> str:
    """120 random bits in groups of four, such as ``k3zq-…``."""
    return "-".join(_fours(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()))


def _fours(text: str) -> Iterator[str]:
    return (text[at : at + 4].lower() for at in range(0, len(text), 4))


def _recovery_hash(typed: str) -> str:
    """However it was typed: with or without strokes and spaces, in capitals or not."""
    return digest("".join(one for one in typed.lower() if one.isalnum()))
