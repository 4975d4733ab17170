"""Clicks, opens and unsubscriptions while the database is away, hangs, or the web app dies."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import psycopg2.extensions
import pytest
from sqlalchemy import text

from embedded.postgres import EmbeddedPostgres
from health.visits import SpoolCounts
from settings import Settings
from tests.support.programs import Program, running
from tests.support.waiting import LONGEST_SECONDS, wait_for
from tests.web.conftest import Site, browse
from web.app import create_app
from web.recipients.visit_spool import SpooledVisit, VisitSpool
from web.recipients.visits import Visits

pytestmark = pytest.mark.xdist_group("doors visits")

TARGET = "https://perennial.example/guide"
NOWHERE = "postgresql+psycopg2://x@127.0.0.1:1/x"
PATIENCE = 10.0
"""Seconds; the budget is three, this machine may be busy."""


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A deployment with one lead."""
    return make_site()


def spooled(site: Site) -> VisitSpool:
    return VisitSpool(site.settings.visit_spool())


def replay(site: Site) -> int:
    return Visits(site.settings, site.database).replay()


def away(site: Site, url: str = NOWHERE) -> None:
    """The web app's database is elsewhere."""
    site.app = create_app(site.settings.model_copy(update={"database_url": url}))


async def follow(site: Site, *links: str) -> list[int]:
    async with browse(site) as client:
        return [(await client.get(link)).status_code for link in links]


async def test_what_was_clicked_while_postgres_was_away_counts_when_it_is_back(site: Site) -> None:
    """A click may be what makes a lead ready for sales; it was answered, so it is kept."""
    touch = site.add_touch(site.add_lead())
    before = datetime.now(UTC)
    away(site)
    click, opened = site.signer.click(touch, TARGET), site.signer.opened(touch)

    assert await follow(site, click, click, opened) == [302, 302, 200]
    async with browse(site) as client:
        answer = await client.post(site.signer.unsubscribe(touch))
    assert (answer.status_code, "<button" in answer.text) == (200, False)
    after = datetime.now(UTC)

    assert spooled(site).counts().waiting in (3, 4)  # four when the minute turned
    for path in (site.settings.visit_spool()).iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert "jane" not in path.read_text().lower()
        assert "127.0.0.1" not in path.read_text()
    replay(site)
    assert replay(site) == 0
    kinds = site.rows("SELECT DISTINCT kind FROM engagement ORDER BY kind")
    assert kinds == [("click",), ("open",), ("unsubscribe",)]
    assert site.rows("SELECT reason FROM suppression") == [("unsubscribed",)]
    for (at,) in site.rows("SELECT at FROM engagement"):
        assert isinstance(at, datetime)
        assert before <= at <= after, "it counts when it happened, not when it was replayed"
    assert spooled(site).counts() == SpoolCounts(0, 0, 0)


async def test_a_disk_that_is_slow_gets_all_that_was_clicked_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full machine takes a second for a few files; those of the other readers went nowhere."""
    touch = site.add_touch(site.add_lead())
    links = [site.signer.click(touch, f"{TARGET}/{number}") for number in range(20)]
    away(site)
    really = os.fsync

    def slowly(descriptor: int) -> None:
        time.sleep(0.2)
        really(descriptor)

    monkeypatch.setattr("web.recipients.visit_spool.os.fsync", slowly)
    async with browse(site) as client:
        answers = await asyncio.gather(*(client.get(link) for link in links))

    assert {answer.status_code for answer in answers} == {302}
    wait_for("all are on disk", lambda: spooled(site).counts().waiting == len(links))


async def test_a_lead_that_somebody_has_locked_for_long_keeps_nobody_waiting(site: Site) -> None:
    """An import or a hung worker has the row; the reader would look at an empty page."""
    touch = site.add_touch(site.add_lead())
    begun = time.monotonic()
    with site.database.begin() as connection:
        connection.execute(text("SELECT FROM lead FOR UPDATE"))
        assert await follow(site, site.signer.click(touch, TARGET)) == [302]
        assert time.monotonic() - begun < PATIENCE
        assert spooled(site).counts().waiting == 1
    replay(site)
    assert site.rows("SELECT kind FROM engagement") == [("click",)]


@contextmanager
def unhurried(server: EmbeddedPostgres, site: Site) -> Iterator[psycopg2.extensions.cursor]:
    """A transaction that PostgreSQL does not choose to end a deadlock: it is not the first to look
    for one. Only a superuser may set that."""
    connection = psycopg2.connect(server.superuser_url(str(site.database.url.database)))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '1h'")
            yield cursor
    finally:
        connection.close()


async def test_a_deadlock_loses_no_click(site: Site, postgres_server: EmbeddedPostgres) -> None:
    """Two writers that want each other's rows: PostgreSQL ends one, and it may be the click."""
    touch = site.add_touch(site.add_lead())
    site.rows("SELECT 1")
    with site.database.begin() as connection:
        connection.execute(text("CREATE TABLE first (id int); INSERT INTO first VALUES (1)"))
        connection.execute(
            text(
                "CREATE FUNCTION take_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "PERFORM FROM first FOR UPDATE; RETURN NEW; END $$;"
                "CREATE TRIGGER take_first BEFORE INSERT ON engagement "
                "FOR EACH ROW EXECUTE FUNCTION take_first()"
            )
        )
    taken = threading.Event()

    def other_way_round() -> None:
        with unhurried(postgres_server, site) as cursor:
            cursor.execute("SELECT FROM first FOR UPDATE")
            taken.set()
            time.sleep(0.3)
            cursor.execute("SELECT FROM lead FOR UPDATE")

    other = threading.Thread(target=other_way_round)
    other.start()
    assert taken.wait(30)
    assert await follow(site, site.signer.click(touch, TARGET)) == [302]
    other.join(30)
    replay(site)
    assert site.rows("SELECT kind FROM engagement") == [("click",)]


async def test_a_pool_without_a_free_connection_loses_no_click(site: Site) -> None:
    """SQLAlchemy's TimeoutError is no database error; it went through every net."""
    touch = site.add_touch(site.add_lead())
    held = [site.database.connect() for _ in range(16)]
    try:
        begun = time.monotonic()
        assert await follow(site, site.signer.click(touch, TARGET)) == [302]
        assert time.monotonic() - begun < PATIENCE
    finally:
        for connection in held:
            connection.close()
    replay(site)
    assert site.rows("SELECT kind FROM engagement") == [("click",)]


async def test_a_hung_postgres_holds_up_neither_readers_nor_other_pages(
    site: Site, postgres_server: EmbeddedPostgres
) -> None:
    """Sixty clicks at once would take all threads of the web app, and pages without any need of a
    database would not answer either."""
    touch = site.add_touch(site.add_lead())
    await follow(site, site.signer.opened(touch))
    links = [site.signer.click(touch, f"{TARGET}/{number}") for number in range(60)]
    begun = time.monotonic()
    with frozen(postgres_server, site):
        async with browse(site) as client:
            clicks = asyncio.gather(*(client.get(link) for link in links))
            await asyncio.sleep(0.2)
            assert (await client.get("/")).status_code == 200
            assert time.monotonic() - begun < PATIENCE
            assert {answer.status_code for answer in await clicks} == {302}
        assert time.monotonic() - begun < PATIENCE
        wait_for("all are on disk", lambda: spooled(site).counts().waiting >= 60)
    replay(site)
    assert site.rows("SELECT count(DISTINCT detail ->> 'url') FROM engagement") == [(60,)]


@contextmanager
def frozen(server: EmbeddedPostgres, site: Site) -> Iterator[None]:
    """PostgreSQL as a paused machine leaves it: connections stand, nothing is answered."""
    assert server.pid is not None
    pids = [pid for (pid,) in site.rows("SELECT pid FROM pg_stat_activity") if isinstance(pid, int)]
    pids.append(server.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_without_room_a_reader_gets_on_and_the_loss_is_told(site: Site) -> None:
    """And nobody is told to be unsubscribed who is not."""
    touch = site.add_touch(site.add_lead())
    (site.settings.perennial_home / "spool").write_text("no folder can be made here")
    away(site)
    assert await follow(site, site.signer.click(touch, TARGET)) == [302]
    async with browse(site) as client:
        answer = await client.post(site.signer.unsubscribe(touch))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "try again" in answer.text


def test_a_full_spool_counts_what_it_can_not_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.recipients.visit_spool.MOST_VISITS", 2)
    spool = VisitSpool(tmp_path)
    visits = [SpooledVisit(kind="open", touch_key=f"t:{n}", at=datetime.now(UTC)) for n in range(3)]
    assert [spool.keep(visit) for visit in (*visits, visits[0])] == [True, True, False, True]
    assert spool.counts() == SpoolCounts(2, 0, 1)


def test_what_nobody_can_read_is_set_aside_and_holds_nothing_up(site: Site) -> None:
    """One spoilt file would be tried for ever, and the others behind it never."""
    touch = site.add_touch(site.add_lead())
    spool = spooled(site)
    at = datetime.now(UTC)
    spool.keep(SpooledVisit(kind="click", touch_key=touch, at=at, url=TARGET))
    spool.keep(SpooledVisit(kind="click", touch_key="gone:x:1", at=at, url=TARGET))
    spool.keep(SpooledVisit(kind="click", touch_key=touch, at=at, url=TARGET, machine="nul\0"))
    folder = site.settings.visit_spool()
    (folder / "0.json").write_text("{spoilt")
    replay(site)
    assert spool.counts() == SpoolCounts(0, 2, 0)
    assert site.rows("SELECT kind FROM engagement") == [("click",)]


def test_who_came_back_meanwhile_is_not_unsubscribed_by_an_older_word(site: Site) -> None:
    touch = site.add_touch(site.add_lead())
    spooled(site).keep(
        SpooledVisit(kind="unsubscribe", touch_key=touch, at=datetime(2026, 1, 1, tzinfo=UTC))
    )
    with site.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO consent_record (email_key, action, source, at) VALUES "
                "('jane@acme.example', 'opt_in', 'preference_page', '2026-01-02')"
            )
        )
    replay(site)
    assert site.rows("SELECT 1 FROM suppression") == []


@pytest.mark.parametrize("point", ["door.recorded", "door.spooled", "door.replayed"])
def test_a_web_app_that_dies_there_counts_the_click_once(site: Site, point: str) -> None:
    """Killed between keeping a click and answering, or between recording it and forgetting it."""
    link = site.signer.click(site.add_touch(site.add_lead()), TARGET)
    path = httpx.URL(link).path
    if point == "door.replayed":
        spooled(site).keep(
            SpooledVisit(
                kind="click",
                touch_key="enrollment-1:welcome:1",
                at=datetime.now(UTC),
                url=TARGET,
            )
        )
    url = NOWHERE if point == "door.spooled" else site.settings.database_url
    with served(site.settings, url, f"kill:{point}") as (process, address):
        if point != "door.replayed":
            until_up(process, address)
            with pytest.raises(httpx.HTTPError):
                httpx.get(address + path, headers={"User-Agent": "Firefox"}, timeout=30)
        assert process.wait(LONGEST_SECONDS) == -signal.SIGKILL
    with served(site.settings, site.settings.database_url) as (process, address):
        until_up(process, address)
        wait_for("nothing waits", lambda: not spooled(site).counts().waiting)
    assert site.rows("SELECT kind FROM engagement") == [("click",)]


@contextmanager
def served(settings: Settings, database_url: str, fault: str = "") -> Iterator[tuple[Program, str]]:
    """The web app as a process of its own, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert settings.secret_key is not None
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PERENNIAL_HOME": str(settings.perennial_home),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "WEB_PORT": str(port),
        "PERENNIAL_FAULT": fault,
    }
    with (
        Path(os.devnull).open("wb") as log,
        running("-m", "web", environment=environment, log=log) as process,
    ):
        yield process, f"http://127.0.0.1:{port}"


def until_up(process: Program, address: str) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the web app ended by itself"
        with suppress(httpx.HTTPError):
            httpx.get(address + "/style.css", timeout=5)
            return True
        return False

    wait_for("the web app answers", answers)
