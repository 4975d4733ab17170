"""Child processes and ports: choosing, starting, finding and stopping them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from embedded.state import StackError

HOST = "127.0.0.1"
FREE_BYTES_NEEDED = 300 * 1024 * 1024
LOG_BYTES_KEPT = 20 * 1024 * 1024
STARTS_TRIED = 5


def port_is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on ``port`` of the loopback address ``host`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do it: connections of a stopped server that linger are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Some systems let us bind beside a listener on all addresses.
        return probe.connect_ex((host, port)) != 0


def choose_port(
    what: str,
    *,
    wanted: int | None,
    usual: Sequence[int],
    avoid: Iterable[int] = (),
    host: str = HOST,
) -> int:
    """The port a server gets: the one asked for, else the first free usual one, else any.

    Raises:
        StackError: ``wanted`` is taken.
    """
    if wanted is not None:
        if not port_is_free(wanted, host):
            raise StackError(
                f"Port {wanted}, asked for as the {what} port, is taken on {host}: stop what "
                "listens there, name another one, or leave it out to get a free one."
            )
        return wanted
    avoided = set(avoid)
    for port in usual:
        if port not in avoided and port_is_free(port, host):
            return port
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        if port not in avoided:
            return port


def listens(pid: int, port: int) -> bool:
    """Whether this very process, not just somebody, listens on the port."""
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)


def usual_ports(last: int | None, usual: int) -> list[int]:
    """Ports to try in turn: the one used last, then ``usual`` and those just above it.

    Without either (None or 0) there is nothing to try, and any free port will do.
    """
    return [*([last] if last else []), *(range(usual, usual + 10) if usual else ())]


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents where they are missing, and see that it can be written.

    It is closed to other users, whatever the umask and whatever an earlier release left open.

    Raises:
        StackError: it cannot be made or written, or its disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        close_to_others(folder)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StackError(
            f"The folder {folder} cannot be written ({error.strerror}): give yourself the "
            "right to write there, or set PERENNIAL_HOME to another folder."
        ) from error
    if free < FREE_BYTES_NEEDED:
        raise StackError(
            f"The disk of {folder} has {free // 2**20} MB left and Perennial needs "
            f"{FREE_BYTES_NEEDED // 2**20} MB: free some, or set PERENNIAL_HOME to a folder on "
            "another disk."
        )


def close_to_others(*paths: Path) -> None:
    """Take every right of other users from those of ``paths`` that are there.

    The right of a group to pass through a folder stays: under root it lets PostgreSQL's account
    reach its data. Folders of everybody, such as /tmp, and of somebody else stay as they are.
    """
    for path in paths:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            mode = stat.S_IMODE(path.stat().st_mode)
            kept = 0o710 if path.is_dir() else 0o600
            if mode & ~kept and not mode & stat.S_ISVTX:
                path.chmod(mode & kept)


def log_from(log: Path, offset: int) -> str:
    """What was written to ``log`` after byte ``offset``; empty when there is no such file."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def spawn(
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **identity: Any,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start ``command`` in a session of its own, its output appended to ``log``.

    Whatever it writes is closed to other users, the log too: it may tell of people.

    A session of its own, because a Ctrl-C in the terminal is for the parent alone: it stops its
    children one after the other.

    Returns:
        The process, and the byte in ``log`` where its output begins.
    """
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old.log"))
    close_to_others(log, log.with_suffix(".old.log"))
    with open(log, "ab", opener=_owners_only) as output:
        offset = output.tell()
        process = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            umask=0o077,
            **identity,
        )
    return process, offset


def _owners_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, seconds: float
) -> bool:
    """Wait until ``ready``; False when the process ended first or ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return False


def stop_child(process: subprocess.Popen[bytes], *, first: signal.Signals, seconds: float) -> None:
    """Ask a child to stop with signal ``first``; kill it when ``seconds`` were not enough."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def find_left_over(name: str, *arguments: str) -> list[psutil.Process]:
    """Processes called ``name`` that were started with all of ``arguments`` side by side.

    A data folder among the arguments makes sure that a process of another stack, or of somebody
    else, is never found.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = process.cmdline()
            if (
                command
                and Path(command[0]).name == name
                and any(
                    command[at : at + len(arguments)] == list(arguments)
                    for at in range(1, len(command))
                )
            ):
                found.append(process)
    return found


def recorded_process(pid: int, created: float) -> psutil.Process | None:
    """The process with this pid if it is the one created then, not a later one of the number."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if abs(process.create_time() - created) < 1.0 and process.is_running():
            return process
    return None


def created_at(pid: int) -> float:
    """When the process was created, in seconds since the epoch; 0.0 when it is gone."""
    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


def stop_left_over(process: psutil.Process, *, first: signal.Signals, seconds: float) -> None:
    """Stop a process that a killed parent left behind, as :func:`stop_child` stops a child."""
    with contextlib.suppress(psutil.Error):
        process.send_signal(first)
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
