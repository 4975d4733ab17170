"""The web app as the demo's people use it: pages that links in mails lead to, and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2 as httpx

from cli.errors import UserError

WEB_TIMEOUT_SECONDS = 60.0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""What people's browsers say they are; a client that says nothing passes for a link scanner."""


def open_web(url: str) -> httpx.Client:
    """Kept connections to the web app at ``url``, by no proxy."""
    return httpx.Client(base_url=url, timeout=WEB_TIMEOUT_SECONDS, trust_env=False)


class WebClient:
    """The web app, asked by people who take only the answers they expect.

    Args:
        token: with which the API is asked unless a call brings its own; links need none.
    """

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._token = token

    def get(self, url: str, *expected: int) -> httpx.Response:
        """A page; any status that is not ``expected`` is an error."""
        return self._ask("GET", url, expected)

    def post(self, url: str, form: Mapping[str, str], *expected: int) -> httpx.Response:
        """Send a form as a browser does."""
        return self._ask("POST", url, expected, data=form)

    def ask_api(self, method: str, path: str, *, token: str = "", **sent: Any) -> Any:
        """What the API answers to what must succeed, read from JSON."""
        return self.try_api(method, path, 200, 201, token=token, **sent).json()

    def try_api(
        self, method: str, path: str, *expected: int, token: str = "", **sent: Any
    ) -> httpx.Response:
        """What the API answers to what may be refused."""
        headers = {"Authorization": f"Bearer {token or self._token}"}
        return self._ask(method, f"/api{path}", expected, headers=headers, **sent)

    def _ask(
        self,
        method: str,
        url: str,
        expected: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> httpx.Response:
        headers = {"User-Agent": BROWSER, **(headers or {})}
        response = self._http.request(method, url, headers=headers, **sent)
        if response.status_code not in expected:
            # A link's path has a key in it.
            page = "/".join(response.url.path.split("/")[: 5 if "Authorization" in headers else 2])
            raise UserError(
                f"The web app answered {response.status_code} to {method} {page}: see its log."
            )
        return response
