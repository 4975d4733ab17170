"""Between the password and the second factor: whose password was right, in a signed cookie that is
no session and opens nothing but the pages of the second factor."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fastapi import Request
from fastapi.responses import Response
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from store.access.sessions import Way
from store.access.users import UserLine, sign_in_stamp, user_by_id

HALF_COOKIE = "perennial_half"
HALF_SECONDS = 300
HALF_PATH = "/second-factor"


@dataclass(frozen=True)
class Half:
    """Who showed a password or a link a moment ago, and where to go then. The ``stamp`` is
    :func:`store.access.users.sign_in_stamp` of that moment."""

    user_id: int
    way: Way
    leads_to: str
    stamp: str


class HalfCookies:
    """Gives the cookie, reads it, and takes it away."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._signed = URLSafeTimedSerializer(secret, salt="perennial.half")
        self._secure = secure

    def give(
        self, response: Response, connection: Connection, user_id: int, way: Way, leads_to: str
    ) -> None:
        """Remember that the user's first factor was right."""
        half = Half(user_id, way, leads_to, sign_in_stamp(connection, user_id))
        response.set_cookie(
            HALF_COOKIE,
            self._signed.dumps(asdict(half)),
            max_age=HALF_SECONDS,
            path=HALF_PATH,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def read(self, connection: Connection, request: Request) -> tuple[Half, UserLine] | None:
        """Who it was, within five minutes; None when it is nobody, or when the user was disabled
        or has another password since."""
        try:
            half = Half(
                **self._signed.loads(request.cookies.get(HALF_COOKIE, ""), max_age=HALF_SECONDS)
            )
        except BadData:
            return None
        user = user_by_id(connection, half.user_id)
        if user is None or not half.stamp or half.stamp != sign_in_stamp(connection, user.id):
            return None
        return half, user

    def take(self, response: Response) -> None:
        """Forget it."""
        response.delete_cookie(
            HALF_COOKIE, path=HALF_PATH, secure=self._secure, httponly=True, samesite="lax"
        )
