"""The second factor: who knows a password has no session before a code is right, over HTTP."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime
from html import unescape

import httpx2 as httpx
import pyotp
import pytest
import structlog

from domain.access import Role
from settings import Settings
from store.access.second_factor import STEP_SECONDS, SecretBox, add_second_factor
from store.access.sessions import COOKIE, TRIES_OF_EMAIL
from tests.web.conftest import Site, browse
from tests.web.test_sign_in import EMAIL, FORM, PASSWORD, add, link
from web.sign_in.half_signed_in import HALF_COOKIE

CODE = "/second-factor"
SET_UP = "/second-factor/set-up"


class App:
    """An authenticator on somebody's phone. Each code it shows is later than those before, as if
    time had passed."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._codes = pyotp.HOTP(secret)

    def at(self, steps: int = 0) -> str:
        """The code of so many steps of 30 seconds from now."""
        return self._codes.at(int(datetime.now(UTC).timestamp()) // STEP_SECONDS + steps)


def give_app(site: Site, user: int) -> tuple[App, list[str]]:
    """Give a user a second factor that was set up long ago: the app, and the recovery codes."""
    box = SecretBox(site.settings.secret_key.get_secret_value())  # type: ignore[union-attr]
    sealed = box.new(user)
    with site.database.begin() as connection:
        codes = add_second_factor(connection, user, sealed, 0, datetime.now(UTC))
    assert codes is not None
    return App(box.open(sealed, user)), codes


def secret_on(page: httpx.Response) -> tuple[str, str]:
    """The secret that a page shows, and as its form has it."""
    secret = re.findall(r"<code>([A-Z2-7 ]+)</code>", page.text)[0].replace(" ", "")
    uri = unescape(re.findall(r'href="(otpauth://[^"]+)"', page.text)[0])
    assert pyotp.parse_uri(uri).secret == secret
    return secret, unescape(re.findall(r'name="sealed" value="([^"]+)"', page.text)[0])


async def first_step(browser: httpx.AsyncClient, leads_to: str = "/console/leads") -> None:
    """Show the password."""
    answer = await browser.post("/sign-in", data=FORM | {"next": leads_to})
    assert (answer.status_code, answer.headers["location"]) == (303, CODE)
    assert COOKIE not in browser.cookies


async def is_in(browser: httpx.AsyncClient) -> bool:
    """Whether the browser may use the API."""
    return (await browser.get("/api/me")).status_code == 200


async def test_a_password_alone_lets_nobody_in_who_has_a_second_factor(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """A password that leaked would be enough; and the code leads to where they wanted to go."""
    app, _codes = give_app(site, add(site, password=PASSWORD))
    assert (await browser.get(CODE)).headers["location"] == "/sign-in"
    await first_step(browser)
    for path in ("/password", "/second-factor/manage", SET_UP):
        assert (await browser.get(path)).status_code == 303, path
    assert not await is_in(browser)
    shown = await browser.get(CODE)
    assert (shown.headers["cache-control"], 'autocomplete="one-time-code"' in shown.text) == (
        "no-store",
        True,
    )
    wrong = await browser.post(CODE, data={"code": f"{(int(app.at()) + 1) % 10**6:06}"})
    assert (wrong.status_code, COOKIE in browser.cookies) == (401, False)

    done = await browser.post(CODE, data={"code": f"{app.at()[:3]} {app.at()[3:]}"})

    assert (done.status_code, done.headers["location"]) == (303, "/console/leads")
    assert await is_in(browser)
    assert HALF_COOKIE not in browser.cookies
    # A try that was right leaves none of the failed ones.
    assert site.rows("SELECT count(*) FROM login_failure") == [(0,)]


async def test_a_code_counts_once_and_for_a_minute_and_a_half(site: Site) -> None:
    """Who looks over a shoulder, or finds a code in a mail, could come in after its owner."""
    app, _codes = give_app(site, add(site, password=PASSWORD))
    async with browse(site) as own, browse(site) as elses:
        await first_step(own)
        await first_step(elses)
        for steps in (-3, -2, 2, 3):
            assert (await own.post(CODE, data={"code": app.at(steps)})).status_code == 401, steps
        used = app.at(1)
        assert (await own.post(CODE, data={"code": used})).status_code == 303
        # Neither that one nor any from before it.
        for code in (used, app.at(0)):
            assert (await elses.post(CODE, data={"code": code})).status_code == 401
        assert not await is_in(elses)


async def test_codes_are_not_guessed_whoever_knows_the_password(site: Site) -> None:
    """Showing the password again, from another network or with the same half-open door, must give
    no new tries; and the owner's own browser is not locked out by it."""
    app, _codes = give_app(site, add(site, password=PASSWORD))
    async with browse(site) as own:
        await first_step(own)
        assert (await own.post(CODE, data={"code": app.at(-1)})).status_code == 303
        await own.post("/sign-out")
        answers = []
        for _ in range(TRIES_OF_EMAIL + 1):
            async with browse(site) as thief:
                # Forget the tries of the password, as 15 minutes would.
                with site.database.begin() as connection:
                    connection.exec_driver_sql(
                        "DELETE FROM login_failure WHERE email_key NOT LIKE 'code %%'"
                    )
                await first_step(thief)
                answers.append((await thief.post(CODE, data={"code": "000000"})).status_code)
                last = thief
                if answers[-1] == 429:
                    right = await last.post(CODE, data={"code": app.at(1)})
                    assert (right.status_code, "Too many tries" in right.text) == (429, True)
                    assert 0 < int(right.headers["retry-after"]) <= 900
        assert answers == [401] * TRIES_OF_EMAIL + [429]
        await first_step(own)
        assert (await own.post(CODE, data={"code": app.at(1)})).status_code == 303


async def test_an_unfinished_sign_in_gives_no_new_tries_of_the_password(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """The count of failed tries begins anew only when somebody is really in."""
    give_app(site, add(site, password=PASSWORD))
    answers = [(await browser.post("/sign-in", data=FORM)).status_code for _ in range(6)]
    assert answers == [303] * TRIES_OF_EMAIL + [429]


async def test_a_recovery_code_stands_in_once(site: Site, browser: httpx.AsyncClient) -> None:
    """Who lost the phone could not work; who found a used code could come in."""
    user = add(site, password=PASSWORD)
    _app, codes = give_app(site, user)
    assert len(set(codes)) == 10
    await first_step(browser)
    assert (await browser.post(CODE, data={"code": codes[0].upper()})).status_code == 303
    page = (await browser.get("/second-factor/manage")).text
    assert "9 recovery codes are left" in page
    await browser.post("/sign-out")
    await first_step(browser)
    assert (await browser.post(CODE, data={"code": codes[0]})).status_code == 401
    typed = codes[1].replace("-", " ")
    assert (await browser.post(CODE, data={"code": typed})).status_code == 303


async def test_a_link_stands_in_for_the_password_and_not_for_the_code(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Whoever reads somebody's mail, or an admin who makes links, would walk around the factor."""
    user = add(site)
    app, _codes = give_app(site, user)
    path = link(site, user)

    entered = await browser.post(path)

    assert (entered.headers["location"], COOKIE in browser.cookies) == (CODE, False)
    new = {"new": PASSWORD, "again": PASSWORD}
    refused = await browser.post("/password", data=new)
    assert refused.headers["location"].startswith("/sign-in")
    done = await browser.post(CODE, data={"code": app.at()})
    assert done.headers["location"] == "/password"
    # Who came by a link replaces a forgotten password without knowing it.
    assert (await browser.post("/password", data=new)).headers["location"] == "/console"


async def test_a_half_open_door_closes(site: Site, browser: httpx.AsyncClient) -> None:
    """After five minutes, with another password, and when somebody is disabled; and one that
    somebody made up was never open."""
    user = add(site, password=PASSWORD)
    app, _codes = give_app(site, user)
    await first_step(browser)
    half = browser.cookies[HALF_COOKIE]
    changes = (
        "UPDATE console_user SET disabled_at = now()",
        "UPDATE console_user SET disabled_at = NULL, password_hash = 'another'",
    )
    for change in changes:
        with site.database.begin() as connection:
            connection.exec_driver_sql(change)
        late = await browser.post(CODE, data={"code": app.at()})
        assert (late.status_code, "Sign in again" in late.text) == (401, True)
    for forged in (half[:-2], "x", "%E9"):
        async with browse(site) as other:
            answer = await other.post(
                CODE, data={"code": app.at()}, headers={"Cookie": f"{HALF_COOKIE}={forged}"}
            )
            assert answer.status_code == 401
    assert not await is_in(browser)


async def test_a_half_open_door_closes_by_itself(
    site: Site, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who leaves for lunch with the page open has to begin again."""
    app, _codes = give_app(site, add(site, password=PASSWORD))
    await first_step(browser)
    monkeypatch.setattr("web.sign_in.half_signed_in.HALF_SECONDS", -1)
    assert (await browser.post(CODE, data={"code": app.at()})).status_code == 401
    assert not await is_in(browser)


async def test_somebody_sets_it_up_renews_the_codes_and_removes_it(site: Site) -> None:
    """Other browsers, which came in without it, are signed out; what was removed asks no more."""
    add(site, password=PASSWORD)
    async with browse(site) as browser, browse(site) as elsewhere:
        for one in (browser, elsewhere):
            assert (await one.post("/sign-in", data=FORM)).headers["location"] == "/console"
        page = await browser.get(SET_UP)
        assert 'src="data:image/svg+xml' in page.text
        secret, sealed = secret_on(page)
        assert secret != secret_on(await browser.get(SET_UP))[0]
        app = App(secret)
        form = {"sealed": sealed, "code": app.at(), "current": PASSWORD}
        # A thief at an open laptop would lock its owner out with a phone of his own.
        thief = await browser.post(SET_UP, data=form | {"current": "not the password"})
        assert (thief.status_code, "password until now" in thief.text) == (422, True)
        assert (await browser.post(SET_UP, data=form | {"code": "12345"})).status_code == 422

        done = await browser.post(SET_UP, data=form)

        codes = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", done.text)
        assert (done.status_code, len(codes)) == (200, 10)
        assert codes[0] not in (await browser.get("/second-factor/manage")).text
        assert (await is_in(browser), await is_in(elsewhere)) == (True, False)
        await first_step(elsewhere)
        # The code that confirmed it lets nobody in.
        assert (await elsewhere.post(CODE, data={"code": form["code"]})).status_code == 401
        assert (await elsewhere.post(CODE, data={"code": codes[0]})).status_code == 303

        assert (await browser.post(f"{CODE}/remove", data={"code": ""})).status_code == 422
        renewed = await browser.post(f"{CODE}/recovery-codes", data={"code": codes[1]})
        fresh = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", renewed.text)
        assert len(set(fresh) - set(codes)) == 10
        old = await browser.post(f"{CODE}/remove", data={"code": codes[2]})
        assert (old.status_code, "not right" in old.text) == (422, True)
        removed = await browser.post(f"{CODE}/remove", data={"code": app.at(1)})
        assert removed.status_code == 303
        assert (await is_in(browser), await is_in(elsewhere)) == (True, False)
        await browser.post("/sign-out")
        assert (await browser.post("/sign-in", data=FORM)).headers["location"] == "/console"


async def test_a_secret_is_set_up_by_whom_it_was_shown_to_within_minutes(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Somebody could put a secret of theirs into a colleague's form, or into the database."""
    user = add(site, password=PASSWORD)
    other = add(site, "eve@lindenmoor.example")
    await browser.post("/sign-in", data=FORM)
    box = SecretBox(site.settings.secret_key.get_secret_value())  # type: ignore[union-attr]
    elses = SecretBox("another secret of another deployment")
    for sealed, opener in ((box.new(other), box), (elses.new(user), elses)):
        whose = other if opener is box else user
        code = App(opener.open(sealed, whose)).at()
        form = {"sealed": sealed, "code": code, "current": PASSWORD}
        answer = await browser.post(SET_UP, data=form)
        assert (answer.status_code, "new key" in answer.text) == (422, True)
    for sealed in ("", "x", "é" * 50, "\x00"):
        answer = await browser.post(SET_UP, data={"sealed": sealed, "code": "1"})
        assert answer.status_code == 422
    assert site.rows("SELECT count(*) FROM second_factor") == [(0,)]


async def test_a_role_that_needs_one_sets_it_up_before_it_has_a_session(
    make_site: Callable[..., Site],
) -> None:
    """The admin whose password leaked is the one that everything hangs on; others go on."""
    site = make_site(second_factor_roles="admin, manager")
    add(site, password=PASSWORD)
    ops = add(site, "ops@lindenmoor.example", PASSWORD, Role.OPS)
    async with browse(site) as browser, browse(site) as other:
        answer = await other.post("/sign-in", data=FORM | {"email": "ops@lindenmoor.example"})
        assert answer.headers["location"] == "/console"
        asked = await browser.post("/sign-in", data=FORM | {"next": "/console/leads"})
        assert (asked.headers["location"], COOKIE in browser.cookies) == (SET_UP, False)
        assert (await browser.get(CODE)).headers["location"] == SET_UP
        page = await browser.get(SET_UP)
        assert ("Your role needs" in page.text, 'name="current"' in page.text) == (True, False)
        secret, sealed = secret_on(page)
        assert (await browser.post(SET_UP, data={"sealed": sealed, "code": "1"})).status_code == 422
        assert not await is_in(browser)

        done = await browser.post(SET_UP, data={"sealed": sealed, "code": App(secret).at()})

        assert 'href="/console/leads"' in done.text
        assert await is_in(browser)
        await browser.post("/sign-out")
        await first_step(browser)
        # A link is no way around it either.
        with site.database.begin() as connection:
            connection.exec_driver_sql(f"UPDATE console_user SET role = 'admin' WHERE id = {ops}")
        entered = await other.post(link(site, ops))
        assert entered.headers["location"] == SET_UP


async def test_nobody_sets_it_up_for_whoever_used_the_browser_before(
    make_site: Callable[..., Site],
) -> None:
    """At a shared desk the phone of one would open the account of the other."""
    site = make_site(second_factor_roles="admin")
    add(site, password=PASSWORD)
    add(site, "ops@lindenmoor.example", PASSWORD, Role.OPS)
    async with browse(site) as desk:
        await desk.post("/sign-in", data=FORM | {"email": "ops@lindenmoor.example"})
        assert await is_in(desk)
        await desk.post("/sign-in", data=FORM)
        assert not await is_in(desk)
        assert EMAIL in (await desk.get(SET_UP)).text


def test_a_role_that_there_is_not_is_refused_at_the_start() -> None:
    """A typing error would leave everybody without what was asked for."""
    with pytest.raises(ValueError, match="'admins' is no role"):
        Settings(second_factor_roles="admins")


async def test_an_admin_resets_it_and_it_is_on_record(site: Site) -> None:
    """Who lost everything could never come in again; and an admin's open browser is no way to get
    rid of the admin's own."""
    admin = add(site, password=PASSWORD)
    lost = add(site, "lost@lindenmoor.example", PASSWORD, Role.OPS)
    app, _codes = give_app(site, admin)
    phone, _codes = give_app(site, lost)
    form = FORM | {"email": "lost@lindenmoor.example"}
    async with browse(site) as browser, browse(site) as theirs:
        await first_step(browser)
        await browser.post(CODE, data={"code": app.at()})
        await theirs.post("/sign-in", data=form)
        await theirs.post(CODE, data={"code": phone.at()})
        assert await is_in(theirs)
        assert (await theirs.delete(f"/api/users/{admin}/second-factor")).status_code == 403

        answer = await browser.delete(f"/api/users/{lost}/second-factor")

        assert (answer.status_code, answer.json()["has_second_factor"]) == (200, False)
        assert not await is_in(theirs)
        assert (await theirs.post("/sign-in", data=form)).headers["location"] == "/console"
        own = await browser.delete(f"/api/users/{admin}/second-factor")
        again = await browser.delete(f"/api/users/{lost}/second-factor")
        nobody = await browser.delete("/api/users/987654/second-factor")
        assert (own.status_code, again.status_code, nobody.status_code) == (409, 409, 404)
    kept = site.rows(
        "SELECT path, status FROM api_change WHERE path LIKE '/api/users/%' ORDER BY id LIMIT 1"
    )
    assert kept == [(f"/api/users/{lost}/second-factor", 200)]


@pytest.fixture
def lines() -> Iterator[Callable[[], str]]:
    """What the log says, as it is written for people."""
    out = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out))
    with redirect_stdout(out):
        yield out.getvalue
    structlog.reset_defaults()


async def test_no_secret_is_in_a_log_or_an_answer_of_the_api_or_readable_in_a_backup(
    site: Site, lines: Callable[[], str]
) -> None:
    """Who reads along could make codes of their own. What happened is there, without names."""
    user = add(site, password=PASSWORD)
    app, codes = give_app(site, user)
    async with browse(site) as browser:
        await first_step(browser)
        await browser.post(CODE, data={"code": "000000"})
        used = app.at()
        await browser.post(CODE, data={"code": used})
        told = [(await browser.get(f"/api/{path}")).text for path in ("users", "me", "changes")]
        await browser.post(f"{CODE}/remove", data={"code": codes[0]})
    said = lines()
    for outcome in ("half", "failed", "ok"):
        assert f"outcome={outcome}" in said
    assert "did=removed" in said
    assert "proof=recovery-code" in said
    for secret in (app.secret, used, codes[0], EMAIL, PASSWORD):
        assert secret not in said
        assert not any(secret in one for one in told if secret != EMAIL)
    assert '"has_second_factor":true' in told[0]
    give_app(site, user)
    kept = str(site.rows("SELECT f.*, c.* FROM second_factor f, recovery_code c"))
    assert app.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


async def test_with_another_secret_key_codes_are_wrong_and_recovery_codes_are_not(
    make_site: Callable[..., Site],
) -> None:
    """A backup that was restored beside another SECRET_KEY must neither fail nor let anybody in."""
    before = make_site()
    app, codes = give_app(before, add(before, password=PASSWORD))
    site = make_site(secret_key="another secret of the tests, 98765")
    async with browse(site) as browser:
        await first_step(browser)
        assert (await browser.post(CODE, data={"code": app.at()})).status_code == 401
        assert (await browser.post(CODE, data={"code": codes[0]})).status_code == 303


async def test_it_is_asked_for_in_three_languages(site: Site, browser: httpx.AsyncClient) -> None:
    """Who reads no English must find the way in."""
    give_app(site, add(site, password=PASSWORD))
    await first_step(browser)
    for language, heading in (("ko", "2단계 인증"), ("zh", "双重验证")):
        page = await browser.get(CODE, headers={"Accept-Language": language})
        assert f'<html lang="{language}">' in page.text
        assert f"<h1>{heading}</h1>" in page.text


async def test_without_passwords_there_is_no_second_factor_to_walk_in_by(
    make_site: Callable[..., Site],
) -> None:
    """With PASSWORDS=off the provider's second factor counts, for all."""
    site = make_site(passwords="off")
    async with browse(site) as browser:
        for path in (CODE, SET_UP, "/second-factor/manage"):
            assert (await browser.get(path)).status_code == 403
        for path in (CODE, SET_UP, f"{CODE}/remove", f"{CODE}/recovery-codes"):
            assert (await browser.post(path, data={"code": "1"})).status_code == 403


async def test_what_is_no_code_is_wrong(site: Site, browser: httpx.AsyncClient) -> None:
    """Whatever is typed, the answer is a sentence."""
    app, _codes = give_app(site, add(site, password=PASSWORD))
    await first_step(browser)
    for typed in ("", "\x00", "é" * 6, "１２３４５６", "9" * 50_000):
        with site.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM login_failure")
        answer = await browser.post(CODE, data={"code": typed})
        assert answer.status_code == 401, typed[:10]
    assert (await browser.post(CODE, data={"code": app.at()})).status_code == 303
