"""What other users of the machine, and web pages that its user opens, get from the embedded stack.

They share the loopback interface with it. docs/security.md says what the servers can't refuse.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded import StackAddresses, running_stack
from embedded.processes import find_left_over
from embedded.stack import EmbeddedStack
from embedded.temporal import temporal_program
from tests.support.folders import server_folder

pytestmark = pytest.mark.xdist_group("local users")

NOBODY = 65534
EVIL = "rebound.attacker.example"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The home of a running stack: in its second run, after everything in it had been opened to
    everybody as an earlier release or a copy leaves it, and with a umask that closes nothing."""
    folder = server_folder()
    folder.chmod(0o711)
    made = folder / "home"
    stack = EmbeddedStack(made, SEARCH_ATTRIBUTES)
    umask = os.umask(0)
    try:
        with stack:
            (made / "logs" / "web.log").write_text("ada@x.example\n")
        for path in (
            made,
            *made.iterdir(),
            *(made / "logs").iterdir(),
            *(made / "temporal").iterdir(),
        ):
            # PostgreSQL itself refuses data that others can read.
            if path != made / "postgres":
                path.chmod(0o777 if path.is_dir() else 0o666)
        with stack:
            yield made
    finally:
        os.umask(umask)
        shutil.rmtree(folder)


@pytest.fixture
def addresses(home: Path) -> StackAddresses:
    """Where its servers listen."""
    found = running_stack(home)
    assert found is not None
    return found


def as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the system as the user nobody."""
    return subprocess.run(
        command, capture_output=True, text=True, check=False, user=NOBODY, group=NOBODY,
        extra_groups=[], cwd="/",
    )  # fmt: skip


def listening(home: Path) -> set[tuple[str, int]]:
    """Where the Temporal server of this home listens: addresses and ports."""
    (server,) = find_left_over("temporal", "--db-filename", str(home / "temporal" / "temporal.db"))
    found = server.net_connections("tcp")
    return {(one.laddr.ip, one.laddr.port) for one in found if one.status == "LISTEN"}


def test_no_file_of_the_stack_is_open_to_others(home: Path) -> None:
    """Logs, the state of all journeys and passwords lie there; the umask of a distribution, or
    what an earlier release left, must not decide who reads them."""
    open_to_others = [
        f"{path.relative_to(home)}: {stat.filemode(path.stat().st_mode)}"
        for path in (home, *home.rglob("*"))
        # Under root PostgreSQL's account passes through by its group.
        if path.stat().st_mode & (0o067 if path.is_dir() else 0o077)
    ]
    assert open_to_others == []
    assert {path.name for path in (home / "logs").iterdir()} >= {"postgres.log", "temporal.log"}


def test_another_user_reads_and_lists_nothing(home: Path) -> None:
    """The same, asked of the system itself; only root can become somebody else."""
    if os.geteuid() != 0:
        assert home.stat().st_mode & stat.S_IRWXO == 0
        return
    assert as_nobody("ls", str(home.parent)).stderr.count("Permission denied") == 1
    for path in ("", "logs", "logs/web.log", "logs/postgres.log", "temporal/temporal.db", "lock",
                 "stack.json", "postgres.password", "postgres.superuser-password"):  # fmt: skip
        got = as_nobody("cat" if "." in path or path == "lock" else "ls", str(home / path))
        assert "Permission denied" in got.stderr, path
        assert got.stdout == "", path


def test_a_page_from_the_internet_does_not_find_the_journeys(
    home: Path, addresses: StackAddresses
) -> None:
    """A page can have its own name mean 127.0.0.1 and so read what answers there to any name (DNS
    rebinding). The UI answers to any name, so it is where no page knows to look: one of sixteen
    million loopback addresses, where the system has them. The server's HTTP API refuses all."""
    ui = httpx.URL(addresses.temporal_ui)
    journeys = f"{ui}/api/v1/namespaces/default/workflows"
    until = time.monotonic() + 60
    while httpx.get(journeys).status_code != 200:
        assert time.monotonic() < until, "the UI does not find its server"
        time.sleep(0.2)
    # What the UI can't refuse: the day it does, it may go back to 127.0.0.1.
    assert httpx.get(journeys, headers={"Host": f"{EVIL}:{ui.port}"}).status_code == 200
    if os.uname().sysname == "Linux":
        assert re.fullmatch(r"127\.\d+\.\d+\.\d+", ui.host)
        assert ui.port not in {port for ip, port in listening(home) if ip == "127.0.0.1"}
        assert (ui.host, ui.port) in listening(home)


def test_the_http_api_of_the_server_serves_nobody(home: Path) -> None:
    """Its port is another one at each start, and it can signal journeys as well."""
    refused = 0
    for port in (port for ip, port in listening(home) if ip == "127.0.0.1"):
        try:
            answer = httpx.get(
                f"http://127.0.0.1:{port}/api/v1/namespaces/default/workflows",
                headers={"Host": f"127.0.0.1:{port}"},
                timeout=5,
            )
        except httpx.TransportError:
            continue
        assert answer.status_code in (403, 404), port
        refused += answer.status_code == 403
    assert refused == 1


def test_the_address_of_the_ui_stays(home: Path, addresses: StackAddresses) -> None:
    """Else bookmarks and links in people's notes break at each restart."""
    kept = home / "temporal" / "ui-address"
    assert kept.stat().st_mode & 0o077 == 0
    if os.uname().sysname == "Linux":
        assert kept.read_text() == httpx.URL(addresses.temporal_ui).host


def test_the_server_still_has_no_way_to_know_its_callers() -> None:
    """The embedded Temporal can be told nothing of certificates or keys, so any user of the
    machine can speak with it; docs/security.md says so. When this fails, it can: use it."""
    done = subprocess.run(
        [temporal_program(), "server", "start-dev", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not re.search(r"--\S*(tls|cert|auth|socket|api-key)\S*", done.stdout)
