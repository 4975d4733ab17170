"""The log of who was let in and who was not: a line of each kind, and nobody's name in any."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest
from structlog.testing import capture_logs

from domain.access import Role
from settings import ROOT
from store.access.api_tokens import create_token, revoke_token
from store.access.sessions import TRIES_OF_EMAIL
from tests.web.conftest import Site, browse
from tests.web.test_second_factor import CODE, SET_UP, App, give_app, secret_on
from tests.web.test_sign_in import EMAIL, FORM, PASSWORD, add, link
from web.sign_in.auth_log import AuthLog
from web.sign_in.sign_in_queue import QueueFull, SignInQueue

OTHER = "eve@lindenmoor.example"
LOCKED = "kim@lindenmoor.example"
HERE = "203.0.113.9"
TOKEN = "nightly import"
NEW = "meadow bridge in june"


def kinds() -> set[tuple[str, str]]:
    """Event and outcome of each line that the web app may write."""
    found = set()
    for path in (ROOT / "web").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "note"):
                continue
            words = [one.value for one in call.args if isinstance(one, ast.Constant)]
            if len(words) > 1:
                found.add((str(words[0]), str(words[1])))
    return found


class Log:
    """The lines of what is done, each kind with who it names."""

    def __init__(self, site: Site) -> None:
        secret = site.settings.secret_key
        self._names = AuthLog(secret.get_secret_value() if secret else "")
        self.seen: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def of(self, *names: str) -> set[str]:
        """The marks of these names."""
        return {self._names.hashed(name) for name in names}

    async def doing(self, what: Any) -> httpx.Response:
        """Do something; the lines that tell of it are kept."""
        with capture_logs() as lines:
            answer: httpx.Response = await what
        for line in lines:
            if line["event"] == "authentication":
                kind = (line["event_name"], line["outcome"])
                self.seen.setdefault(kind, []).append(dict(line))
        return answer


@pytest.fixture
def seen_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests come from an address that is told apart from this machine's."""
    built = httpx.ASGITransport.__init__

    def made(self: httpx.ASGITransport, app: Any) -> None:
        built(self, app, client=(HERE, 4711))

    monkeypatch.setattr(httpx.ASGITransport, "__init__", made)


@pytest.mark.usefixtures("seen_from")
async def test_each_kind_of_event_is_logged_and_names_nobody(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a break-in nobody could tell whose password was guessed, since when and from where;
    and a log that names people would have to be erased with them."""
    site = make_site()
    log = Log(site)
    user = add(site, password=PASSWORD)
    with site.database.begin() as connection:
        token = create_token(connection, TOKEN, Role.OPS)
    bearer = {"Authorization": f"Bearer {token}"}

    async with browse(site) as browser:
        await log.doing(browser.post("/sign-in", data=FORM | {"password": "wrong"}))
        await log.doing(browser.post("/sign-in", data=FORM))
        await log.doing(browser.post("/sign-in", data=FORM | {"email": OTHER}))
        # What somebody who is signed in changes.
        new = {"current": "wrong", "new": NEW, "again": NEW}
        assert (await log.doing(browser.post("/password", data=new))).status_code == 422
        await log.doing(browser.post("/password", data=new | {"current": PASSWORD}))
        secret, sealed = secret_on(await browser.get(SET_UP))
        app = App(secret)
        form = {"sealed": sealed, "code": app.at(), "current": "wrong"}
        assert (await log.doing(browser.post(SET_UP, data=form))).status_code == 422
        done = await log.doing(browser.post(SET_UP, data=form | {"current": NEW}))
        codes = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", done.text)
        await log.doing(browser.post("/sign-out"))
        # The second factor, shown and not shown.
        password = FORM | {"password": NEW}
        await log.doing(browser.post("/sign-in", data=password))
        await log.doing(browser.post(CODE, data={"code": "000000"}))
        await log.doing(browser.post(CODE, data={"code": codes[0]}))
        renewed = await log.doing(browser.post(f"{CODE}/recovery-codes", data={"code": codes[1]}))
        fresh = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", renewed.text)
        await log.doing(browser.post(f"{CODE}/remove", data={"code": fresh[0]}))
        await log.doing(browser.get("/api/me"))
        await log.doing(browser.delete(f"/api/users/{user}/second-factor"))

    # Programs: a token of a role that may not, one that is revoked, and none that is known.
    lost = add(site, OTHER, PASSWORD, Role.OPS)
    give_app(site, lost)
    async with browse(site) as program:
        refused = await log.doing(program.get("/api/users", headers=bearer))
        with site.database.begin() as connection:
            revoke_token(connection, TOKEN, site.settings.clock().now())
        gone = await log.doing(program.get("/api/leads", headers=bearer))
        assert (refused.status_code, gone.status_code) == (403, 401)

    async with browse(site) as admin, browse(site) as stranger:
        await admin.post("/sign-in", data=password)
        await log.doing(admin.delete(f"/api/users/{lost}/second-factor"))
        with site.database.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE console_user SET oidc_subject = 'https://id.example 1' WHERE id = {lost}"
            )
        await log.doing(admin.delete(f"/api/users/{lost}/company-account"))
        await log.doing(stranger.post(CODE, data={"code": "1"}))
        await log.doing(stranger.post("/enter/not-a-link"))
        await log.doing(stranger.post(link(site, lost)))
        with site.database.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO login_failure (email_key, address, at) "
                f"SELECT '{LOCKED}', 'x', now() FROM generate_series(1, {TRIES_OF_EMAIL})"
            )
        await log.doing(stranger.post("/sign-in", data={"email": LOCKED, "password": "x"}))

        async def full(*_: Any, **__: Any) -> None:
            raise QueueFull

        with monkeypatch.context() as patched:
            patched.setattr(SignInQueue, "run", full)
            await log.doing(stranger.post("/sign-in", data=FORM))

        for email in (EMAIL, LOCKED, LOCKED, LOCKED, LOCKED):
            await log.doing(stranger.post("/forgotten", data={"email": email}))

    closed = make_site(
        passwords="off",
        oidc_issuer="https://id.example",
        oidc_client_id="perennial",
        oidc_client_secret="a secret of the provider",
    )
    async with browse(closed) as browser:
        assert (await log.doing(browser.post("/sign-in", data=FORM))).status_code == 403

    assert set(log.seen) == kinds()
    lines = [line for found in log.seen.values() for line in found]
    known = log.of(EMAIL, OTHER, TOKEN, LOCKED) | {""}
    assert {line["user"] for line in lines} <= known
    # What an admin does to somebody else tells whom it was done to.
    assert {
        line["network"] for line in lines if line.get("did") not in ("reset", "forgotten")
    } == log.of(HERE)
    for name in (EMAIL, OTHER, HERE, TOKEN, PASSWORD, NEW, "wrong", token, secret, *codes):
        assert name not in str(lines), name
    assert {line["way"] for line in log.seen["sign-in", "ok"]} == {"password", "link"}
    failed = {line["user"] for line in log.seen["sign-in", "failed"]}
    assert failed == log.of(EMAIL, OTHER) | {""}
    done_by = {line.get("did") for line in log.seen["second-factor", "ok"]}
    assert done_by == {"set-up", "recovery-codes", "removed", "reset", None}
    assert {(line["user"], line["status"]) for line in log.seen["request", "refused"]} >= {
        (*log.of(TOKEN), 403),
        ("", 401),
    }
