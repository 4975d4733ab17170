"""The links in a mail: short signed tokens that hold a touch key and nothing about the person.

::

    /l/TOKEN      a click: records it and goes on to the URL that is in the token
    /o/TOKEN.gif  an open
    /u/TOKEN      unsubscribe
    /p/TOKEN      choose topics, unsubscribe, come back
    /b/TOKEN      book, move or cancel a meeting
    /c/TOKEN      confirm the address

A token is ``payload.time.signature`` (itsdangerous, HMAC): without the secret nobody can make one,
so a click can't be turned into a redirect to anywhere else, nor one lead's link into another's.
Links live for :data:`LIFE`. Unsubscribe links bear no time: they work as long as the mail is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

LinkKind = Literal["click", "unsubscribe", "preferences", "booking", "opened", "confirmation"]

LIFE = timedelta(days=400)
"""Real time from the making of a link to its end. Long enough for the mail one comes back to a
year later, and no longer: mails are forwarded and archived."""

# In the token a kind is one letter; in the path too, so that a person can tell what a link does.
_LETTERS: dict[LinkKind, str] = {
    "click": "l",
    "unsubscribe": "u",
    "preferences": "p",
    "booking": "b",
    "opened": "o",
    "confirmation": "c",
}
_KINDS: dict[str, LinkKind] = {letter: kind for kind, letter in _LETTERS.items()}


# Base64 is decoded leniently: a sign that does not belong there would be passed over.
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")


class BadLink(ValueError):
    """The token was altered, cut short, or signed with another secret."""


class ExpiredLink(ValueError):
    """The token is one of ours, and too old."""


@dataclass(frozen=True)
class LinkClaim:
    """What a token says. ``url`` is '' except for clicks."""

    kind: LinkKind
    touch_key: str
    url: str = ""


class LinkSigner:
    """Makes and reads the links of one deployment."""

    def __init__(self, secret: str, base_url: str) -> None:
        """``base_url`` is where recipients reach the web app, such as ``https://go.example.com``.

        Raises:
            ValueError: the secret is empty.
        """
        if not secret:
            raise ValueError("The secret that signs links is empty: set SECRET_KEY.")
        self._base = base_url.rstrip("/")
        self._timeless = URLSafeSerializer(secret, salt="perennial.links")
        self._timed = URLSafeTimedSerializer(secret, salt="perennial.links.timed")

    def click(self, touch_key: str, url: str) -> str:
        """A link that records a click and goes on to ``url``.

        Raises:
            ValueError: ``url`` is not an absolute http or https URL.
        """
        if not _is_web_address(url):
            raise ValueError("A tracked link must be an absolute http:// or https:// address.")
        return self._timed_link("click", touch_key, url)

    def unsubscribe(self, touch_key: str) -> str:
        """A link to the unsubscribe page; also takes the one-click POST of RFC 8058."""
        return f"{self._base}/u/{self._timeless.dumps(['u', touch_key])}"

    def preferences(self, touch_key: str) -> str:
        """A link to the page where the lead chooses topics."""
        return self._timed_link("preferences", touch_key)

    def booking(self, touch_key: str) -> str:
        """A link to the page where the lead books, moves or cancels a meeting."""
        return self._timed_link("booking", touch_key)

    def confirmation(self, touch_key: str) -> str:
        """A link to the page where the reader confirms the address."""
        return self._timed_link("confirmation", touch_key)

    def opened(self, touch_key: str) -> str:
        """The address of the picture whose loading counts as an open."""
        return self._timed_link("opened", touch_key) + ".gif"

    def read(self, token: str) -> LinkClaim:
        """What ``token`` (the part of the path after ``/l/``, without ``.gif``) says.

        Raises:
            BadLink: it is not one of ours, unaltered.
            ExpiredLink: it is one of ours, from too long ago.
        """
        if not _TOKEN.fullmatch(token):
            raise BadLink("This link was altered.")
        try:
            content, made = self._timed.loads(token, return_timestamp=True)
        except BadData:
            # Links in mails from before links had an end, and those that need none.
            content = self._timeless_content(token)
        else:
            if datetime.now(UTC) - made > LIFE:
                raise ExpiredLink("This link is too old.")
        match content:
            case [str(letter), str(touch_key)] if _KINDS.get(letter, "click") != "click":
                return LinkClaim(_KINDS[letter], touch_key)
            case ["l", str(touch_key), str(url)] if _is_web_address(url):
                return LinkClaim("click", touch_key, url)
        raise BadLink("This link has a form that is not known here.")

    def kind_of(self, url: str) -> LinkKind | None:
        """Which of this deployment's links ``url`` is, judged by its form alone; None: none."""
        rest = url.removeprefix(self._base)
        if rest != url and len(rest) > 3 and rest[0] == rest[2] == "/":
            return _KINDS.get(rest[1])
        return None

    def _timeless_content(self, token: str) -> Any:
        try:
            return self._timeless.loads(token)
        except BadData:
            raise BadLink("This link was altered or cut short.") from None

    def _timed_link(self, kind: LinkKind, touch_key: str, *url: str) -> str:
        letter = _LETTERS[kind]
        token = self._timed.dumps([letter, touch_key, *url])
        return f"{self._base}/{letter}/{token}"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
