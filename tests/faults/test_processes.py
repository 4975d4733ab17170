"""A worker of several processes: one that dies is started again, and none outlives the worker."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from settings import ROOT
from tests.support.deployment import Deployment, Program, deployment, message
from tests.support.programs import python
from tests.support.waiting import wait_for

pytestmark = pytest.mark.xdist_group("processes")

STOP = 5.0
MAILS, RATE = 40, 4

PROGRAM = """
import signal, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from supervision import supervise

def work(number):
    with Path({file!r}).open("a") as file:
        file.write(f"{{number}}\\n")
    {what}

sys.exit(supervise(work, 2, stop_seconds=1.0))
"""
UNTIL_TOLD = "signal.sigwait({signal.SIGTERM}); return 0"


def running(parent: psutil.Process) -> list[psutil.Process]:
    """The children of a process that run; one may end while we ask."""
    found = []
    for child in parent.children():
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
    return found


class Supervised:
    """A program whose two processes do what a test says."""

    def __init__(self, program: subprocess.Popen[str], file: Path) -> None:
        self.program, self.file = program, file

    def begun(self) -> int:
        """How many processes have begun."""
        return len(self.file.read_text(encoding="utf-8").splitlines())

    def processes(self) -> list[psutil.Process]:
        """Those that run."""
        return running(psutil.Process(self.program.pid))


@contextmanager
def supervised(folder: Path, what: str) -> Iterator[Supervised]:
    """Start it."""
    file = folder / "begun"
    file.touch()
    code = PROGRAM.format(root=str(ROOT), file=str(file), what=what)
    with python("-c", code) as program:
        yield Supervised(program, file)


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    """A core would do nothing until somebody looks."""
    with supervised(tmp_path, UNTIL_TOLD) as worker:
        wait_for("both begin", lambda: worker.begun() == 2)

        worker.processes()[0].kill()

        wait_for("begins again", lambda: worker.begun() == 3 and len(worker.processes()) == 2)
        worker.program.terminate()
        assert worker.program.wait(STOP) == 0


@pytest.mark.parametrize(("code", "begun"), [(3, 7), (2, 2)])
def test_one_that_keeps_ending_or_cannot_run_ends_the_worker(
    tmp_path: Path, code: int, begun: int
) -> None:
    """Whoever watches the worker would believe that it works."""
    what = f"return {code} if number else signal.sigwait({{signal.SIGTERM}}) * 0"
    with supervised(tmp_path, what) as worker:
        assert worker.program.wait(30) == code

    assert worker.begun() == begun


def test_one_that_hangs_is_killed_when_the_worker_stops(tmp_path: Path) -> None:
    """A deployment would wait for it for ever."""
    with supervised(tmp_path, "time.sleep(600)") as worker:
        wait_for("both begin", lambda: worker.begun() == 2)
        processes = worker.processes()

        worker.program.send_signal(signal.SIGINT)

        assert worker.program.wait(STOP) != 0
        assert not any(one.is_running() for one in processes)


def test_none_outlives_a_worker_that_was_killed(tmp_path: Path) -> None:
    """It would go on with old code after an update, beside the new one."""
    with supervised(tmp_path, UNTIL_TOLD) as worker:
        wait_for("both begin", lambda: worker.begun() == 2)
        processes = worker.processes()

        worker.program.kill()
        worker.program.wait(STOP)

        _, alive = psutil.wait_procs(processes, timeout=STOP)
        assert not alive


@pytest.mark.parametrize("number", ["0", "-1", "100000", "many"])
def test_a_number_of_processes_that_makes_no_sense_is_refused(number: str) -> None:
    """A worker without processes would look alive and do nothing; with too many the machine
    stands still."""
    environment = {**os.environ, "WORKER_PROCESSES": number}
    ended = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert "WORKER_PROCESSES" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def here() -> Iterator[Deployment]:
    """A stack with a web app, for a worker of two processes."""
    with deployment(
        WORKER_PROCESSES="2", WORKER_SHUTDOWN_SECONDS=str(STOP), SEND_RATE_PER_SECOND=str(RATE)
    ) as running:
        running.web()
        yield running


def arrive(here: Deployment, users: range) -> str:
    """Leads come with their addresses, and each gets a first mail at once.

    Returns:
        The query that counts the mails that went out to them.
    """
    here.send([message("identify", n, traits={"email": f"user-{n}@faults.example"}) for n in users])
    addresses = ", ".join(f"'user-{n}@faults.example'" for n in users)
    return (
        "SELECT count(*) FROM outbox_message JOIN touch ON touch_key = key "
        f"JOIN lead ON lead.id = lead_id WHERE email IN ({addresses})"
    )


def parts(worker: Program) -> list[psutil.Process]:
    """The processes of a worker that run."""
    return running(psutil.Process(worker.pid))


def one_is_new(worker: Program, before: list[psutil.Process]) -> bool:
    """Whether one of two processes has been started since."""
    now = parts(worker)
    return len(now) == 2 and now != before


def test_the_send_rate_holds_over_all_processes(here: Deployment) -> None:
    """A provider that allows four mails a second would be given eight, and block us."""
    worker = here.worker()
    mails = arrive(here, range(MAILS))
    wait_for("the first", lambda: here.value(mails) > 0)
    seconds = here.reach("all", mails, MAILS)

    assert len(parts(worker)) == 2
    assert seconds > 0.75 * (MAILS / RATE)
    assert worker.terminate(STOP + 15) == 0


def test_processes_that_are_killed_lose_and_double_nothing(here: Deployment) -> None:
    """The other half of the machine dies with touches in hand."""
    worker = here.worker()
    mails = arrive(here, range(100, 100 + MAILS))
    wait_for("both begin", lambda: len(parts(worker)) == 2)
    for _ in range(3):
        time.sleep(1)
        before = parts(worker)
        before[0].kill()
        wait_for("another begins", functools.partial(one_is_new, worker, before))

    here.reach("mails", mails, MAILS, 60)

    touches = "SELECT count(DISTINCT touch_key) FROM outbox_message"
    assert here.value(touches) == here.value("SELECT count(*) FROM outbox_message")
    assert worker.terminate(STOP + 15) == 0
