"""Requests of strangers that used to take the web app's memory, or everybody's time."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx2 as httpx
import psutil
import pytest

from domain.access import Role
from settings import Settings
from store.access.api_tokens import create_token
from store.engine import engine
from tests.support.folders import server_folder
from tests.support.web_app import free_port, served

pytestmark = pytest.mark.xdist_group("bodies")

MB = 1024 * 1024


@dataclass
class Attacked:
    """A web app, a token of it, and what its process takes."""

    base: str
    token: str

    def memory(self) -> int:
        """Resident, in bytes."""
        port = int(self.base.rpartition(":")[2])
        pid = next(
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
        )
        return int(psutil.Process(pid).memory_info().rss)

    def connect(self) -> socket.socket:
        """A connection with nothing said yet."""
        return socket.create_connection(("127.0.0.1", int(self.base.rpartition(":")[2])), 30)


@pytest.fixture(scope="module")
def attacked(make_database: Callable[[], str]) -> Iterator[Attacked]:
    """A web app of its own."""
    home, port = server_folder(), free_port()
    settings = Settings.model_validate(
        {
            "database_url": make_database(),
            "perennial_home": home,
            "web_port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "secret_key": "a secret of these tests, long enough",
        }
    )
    database = engine(settings.database_url)
    with database.begin() as connection:
        token = create_token(connection, "tests", Role.MARKETING, "")
    try:
        with served(settings, home / "web.log"):
            yield Attacked(settings.web_url(), token)
    finally:
        database.dispose()
        shutil.rmtree(home)


class Stall:
    """The longest that the health check took meanwhile, in seconds."""

    def __init__(self, base: str) -> None:
        self.longest = 0.0
        self._base = base
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            began = time.monotonic()
            httpx.get(f"{self._base}/healthz", timeout=60)
            self.longest = max(self.longest, time.monotonic() - began)

    def __enter__(self) -> Stall:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


BOMBS = {
    "brackets": b'{"leads":[' + b"[]," * (20 * MB) + b"1]}",
    "one string": b'{"leads":["' + b"a" * (200 * MB) + b'"]}',
    "deep": b"[" * 200_000,
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_huge_body_takes_no_memory_and_nobodys_time(
    attacked: Attacked, bomb: str, known: bool
) -> None:
    """60 MB of brackets took 1.7 GB and stopped the web app for six seconds, before anybody
    asked for a token."""
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {attacked.token if known else 'wrong'}"}
    before = attacked.memory()

    with Stall(attacked.base) as stall:
        try:
            status = httpx.post(
                f"{attacked.base}/api/leads/prospects",
                content=BOMBS[bomb],
                headers=headers,
                timeout=60,
            ).status_code
        except httpx.TransportError:
            # It was cut off while it sent.
            status = 0

    grown = attacked.memory() - before
    print(f"{bomb}: {status}, {grown / MB:+.0f} MB, stall {stall.longest:.2f} s")  # noqa: T201
    assert status in ((413, 422, 403, 0) if known else (413, 401, 0))
    assert (grown < 30 * MB, stall.longest < 5) == (True, True)


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic d3Jvbmc6", "Bearer \xff"])
def test_a_stranger_is_refused_before_the_body(attacked: Attacked, token: str) -> None:
    """The answer comes although not a byte of the body does."""
    with attacked.connect() as stranger:
        stranger.sendall(
            b"POST /api/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50000000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            + (f"Authorization: {token}\r\n".encode("latin-1") if token else b"")
            + b"\r\n"
        )
        stranger.settimeout(10)
        answer = stranger.recv(4096)
    assert answer.startswith(b"HTTP/1.1 401"), answer


def test_a_body_in_pieces_is_counted_too(attacked: Attacked) -> None:
    """Nobody need say how much comes."""
    pieces = (b" " * 8192 for _ in range(100))
    headers = {"Authorization": f"Bearer {attacked.token}", "Content-Type": "application/json"}

    answer = httpx.post(
        f"{attacked.base}/api/leads/1/pause", content=pieces, headers=headers, timeout=30
    )

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


HALVES = (
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=",
)
"""Of requests: nothing, some of the headers, some of the body."""


def test_half_a_request_does_not_stay(attacked: Attacked) -> None:
    """300 of 300 stayed for ever: a few thousand take all connections there are."""
    opened = [(half, attacked.connect()) for half in HALVES for _ in range(100)]
    for half, one in opened:
        one.sendall(half)
    began = time.monotonic()
    ended = Counter[bytes]()
    with Stall(attacked.base) as stall:
        for half, one in opened:
            one.settimeout(max(0.1, 40 - (time.monotonic() - began)))
            try:
                while one.recv(4096):
                    pass
                ended[half] += 1
            except ConnectionError:
                ended[half] += 1
            except TimeoutError:
                pass
            one.close()
    assert (ended, stall.longest < 5) == (Counter(dict.fromkeys(HALVES, 100)), True)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", ""])
def test_a_host_that_is_not_ours_gets_nothing(attacked: Attacked, host: str) -> None:
    """It went into redirects, and let a page of another site read ours by DNS rebinding."""
    answer = httpx.get(f"{attacked.base}/console", headers={"Host": host})
    assert (answer.status_code, "location" in answer.headers) == (421, False)


def test_an_origin_that_is_none_is_refused(attacked: Attacked) -> None:
    """It was answered 500, with a traceback in the log for each."""
    answer = httpx.post(f"{attacked.base}/sign-in", headers={"Origin": "http://["})
    assert answer.status_code == 403
