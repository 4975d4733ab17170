"""The stack, workers and a web app as processes of their own, which tests kill and freeze."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest
from sqlalchemy import Engine, text

from cli.cadence import publish_files
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.stack import EmbeddedStack
from settings import ROOT
from store.access.write_keys import create_write_key
from store.engine import engine
from store.migrate import upgrade
from tests.support.folders import server_folder
from tests.support.programs import Program as Running
from tests.support.programs import running
from tests.support.waiting import LONGEST_SECONDS

CADENCES = Path(__file__).resolve().parents[1] / "faults" / "cadences"
SECRET = "a secret of the tests that is long enough to be taken"

SCORING = """
policy: scoring
half_life: 10000 days
interest:
  - {rule: looked, on: page, points: 1}
  - {rule: asked, on: track, points: 100}
levels: {1: 2000, 2: 100, 3: 50}
letters: {A: 30, B: 15, C: 0}
matrix:
  A: [hot, mql, engaged, known]
  B: [hot, mql, engaged, known]
  C: [mql, mql, engaged, known]
  D: [engaged, engaged, known, known]
hot_within: 15 minutes
"""
"""Nobody has any fit, so everybody is a C; one who asked goes to sales, who looks around never."""

Server = Literal["postgres", "temporal"]


class Program:
    """A process of ours that is killed, frozen, and started again."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._arguments, self._environment, self._log = arguments, environment, log
        self._running = ExitStack()
        self._process: Running | None = None
        self.started = 0.0
        """When it was started last, in ``time.monotonic()``."""

    def start(self, fault: str = "") -> None:
        """Start it as operations would; ``fault`` makes it die or freeze at a point of the code."""
        environment = {**self._environment, "PERENNIAL_FAULT": fault}
        self.started = time.monotonic()
        with self._log.open("ab") as log:
            self._process = self._running.enter_context(
                running(*self._arguments, environment=environment, log=log, own_session=True)
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        """End it without a word."""
        self._running.close()

    def terminate(self, within: float) -> int:
        """Ask it to end, and wait for that.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``within`` seconds.
        """
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(within)

    def freeze(self) -> None:
        """Stop it where it is, as a machine is that is paused."""
        os.kill(self.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED


class Deployment:
    """The stack with its database, the folder of its data, and the programs that run on it."""

    def __init__(
        self, home: Path, stack: EmbeddedStack, database: Engine, environment: dict[str, str]
    ) -> None:
        self.home, self.stack, self.database = home, stack, database
        self.environment = environment
        self.web_port = int(environment["WEB_PORT"])
        self.programs: list[Program] = []
        self.keep_in: Path | None = None
        """A folder that is to be made of its data in the end, for a look."""
        self._log = home / "processes.log"
        self._log.touch()
        with database.begin() as connection:
            self.key = create_write_key(connection, "site", cadence="again", kind="server") or ""

    def program(self, *arguments: str, fault: str = "", **settings: str) -> Program:
        """Start a program of ours, with these settings beside those of all."""
        made = Program(arguments, {**self.environment, **settings}, self._log)
        made.start(fault)
        self.programs.append(made)
        return made

    def worker(self, fault: str = "", **settings: str) -> Program:
        """Start another worker."""
        return self.program("worker.py", fault=fault, **settings)

    def web(self, fault: str = "", **settings: str) -> Program:
        """Start the web app."""
        return self.program("-m", "web", fault=fault, **settings)

    def through(self, port: int) -> str:
        """The database's URL through a proxy on ``port``."""
        url = self.database.url.set(host="127.0.0.1", port=port)
        return url.render_as_string(hide_password=False)

    def kill_server(self, name: Server) -> None:
        """Kill a server; see :meth:`start_server`."""
        pid = self.server_pid(name)
        os.kill(pid, signal.SIGKILL)

    def start_server(self, name: Server) -> None:
        """Start a server again that was killed, where it was."""
        self.stack.restart(name)

    def server_pid(self, name: Server) -> int:
        """Its process id."""
        server = self.stack.postgres if name == "postgres" else self.stack.temporal
        assert server.pid is not None
        return server.pid

    def freeze_server(self, name: Server) -> list[int]:
        """Freeze a server with all its processes, which :func:`wake` lets go on."""
        # The postmaster first: it would make new processes.
        first = psutil.Process(self.server_pid(name))
        first.suspend()
        frozen = [first, *first.children(recursive=True)]
        for process in frozen[1:]:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        return [process.pid for process in frozen]

    def send(self, messages: list[dict[str, Any]], within: float = LONGEST_SECONDS) -> None:
        """Send a batch, again and again until it is acknowledged, as the client libraries do."""
        deadline = time.monotonic() + within
        while not self.send_once(messages):
            if time.monotonic() > deadline:
                pytest.fail(f"A batch was never taken. {self.log()}")
            time.sleep(0.1)

    def send_once(self, messages: list[dict[str, Any]], timeout: float = 10) -> bool:
        """Send a batch; whether it was acknowledged."""
        token = base64.b64encode(f"{self.key}:".encode()).decode()
        body = json.dumps({"batch": messages})
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=timeout)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("POST", "/v1/batch", body, {"Authorization": f"Basic {token}"})
            with connection.getresponse() as response:
                return response.status == 200
        return False

    def reach(
        self, what: str, query: str, expected: object, within: float = LONGEST_SECONDS
    ) -> float:
        """Wait until the database says so.

        Returns:
            After how many seconds.
        """
        begun = time.monotonic()
        while (found := self.value(query)) != expected:
            waited = time.monotonic() - begun
            assert waited < within, f"{what}: {found}, not {expected}. {self.log()}"
            time.sleep(0.2)
        return time.monotonic() - begun

    def value(self, query: str) -> Any:
        """The one value of a query."""
        with self.database.connect() as connection:
            return connection.execute(text(query)).scalar()

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query)))

    def run(self, statement: str) -> None:
        """Change something in the database."""
        with self.database.begin() as connection:
            connection.execute(text(statement))

    def log(self, since: int = 0) -> str:
        """The end of what the processes said, after so many bytes (:attr:`log_bytes`)."""
        return self._log.read_bytes()[since:][-3000:].decode(errors="replace")

    @property
    def log_bytes(self) -> int:
        """How much the processes have said so far."""
        return self._log.stat().st_size

    def close(self) -> None:
        """End all programs."""
        for program in self.programs:
            program.kill()
        self.database.dispose()


@contextmanager
def deployment(*files: Path, scoring: str = SCORING, **settings: str) -> Iterator[Deployment]:
    """A stack of its own, with the cadences of the tests and these files published; no program runs
    yet. ``settings`` are environment variables of all programs."""
    home = server_folder()
    ports = free_ports(5)
    names = ("postgres", "temporal", "ui", "metrics")
    stack = EmbeddedStack(home, SEARCH_ATTRIBUTES, ports=dict(zip(names, ports, strict=False)))
    running: Deployment | None = None
    try:
        addresses = stack.start()
        upgrade(addresses.database_url)
        shutil.copytree(CADENCES, home / "cadences")
        for file in files:
            shutil.copy(file, home / "cadences")
        (home / "cadences" / "scoring.yaml").write_text(scoring, encoding="utf-8")
        database = engine(addresses.database_url)
        publish_files(database, home / "cadences", ROOT / "templates")
        environment = {
            **os.environ,
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
            "PERENNIAL_HOME": str(home),
            "SECRET_KEY": SECRET,
            "WEB_PORT": str(ports[4]),
            "WORKER_CONCURRENCY": "8",
            **settings,
        }
        running = Deployment(home, stack, database, environment)
        yield running
    finally:
        if running is not None:
            running.close()
        stack.stop()
        if running is not None and running.keep_in is not None:
            shutil.move(home, running.keep_in)
        else:
            shutil.rmtree(home)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wake(pids: list[int]) -> None:
    """Let frozen processes go on, the last one first."""
    for pid in reversed(pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def message(kind: str, user: int, **content: Any) -> dict[str, Any]:
    """A message of the tracking API, of the user."""
    return {
        "type": kind,
        "userId": f"user-{user}",
        "messageId": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).isoformat(),
        **content,
    }
