"""The embedded stack: PostgreSQL and Temporal of one home folder, and `starter.py up`."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
from temporalio.client import Client

from cli import doctor
from embedded import StackAddresses, StackError, StackState, read_state, running_stack
from embedded.processes import find_left_over, port_is_free, recorded_process
from embedded.stack import EmbeddedStack
from embedded.state import write_state
from health.checks import State
from settings import ROOT, Settings
from tests.support.folders import server_folder
from tests.support.programs import python
from tests.support.waiting import LONGEST_SECONDS, wait_for

pytestmark = pytest.mark.xdist_group("stack")

ATTRIBUTES = {"LeadStage": "Keyword", "Cycle": "Int"}
HOLD_STACK = """
import sys, time
from pathlib import Path
from embedded.stack import EmbeddedStack
stack = EmbeddedStack(Path(sys.argv[1]), {"LeadStage": "Keyword", "Cycle": "Int"})
stack.start()
print("started", flush=True)
time.sleep(600)
"""


@contextmanager
def new_home() -> Iterator[Path]:
    """A home folder without data; whatever a failed test left running from it is killed.

    It remembers ports that no other stack on the machine takes while a test restarts its own:
    below those that systems hand out, and not the usual ones.
    """
    made = server_folder()
    free = (port for port in random.sample(range(20_000, 30_000), 100) if port_is_free(port))
    metrics = ("worker's metrics", "web's metrics")
    names = ("postgres", "temporal", "ui", "metrics", "web", *metrics)
    write_state(made, StackState(ports=dict(zip(names, free, strict=False))))
    yield made
    for process in processes_of(made):
        process.kill()
    shutil.rmtree(made)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home folder of the test's own."""
    with new_home() as made:
        yield made


def processes_of(home: Path) -> list[psutil.Process]:
    """Everything that runs from ``home``: the two servers and the recorded services."""
    recorded = (recorded_process(*entry) for entry in read_state(home).processes.values())
    return [
        *find_left_over("postgres", "-D", str(home / "postgres")),
        *find_left_over("temporal", "--db-filename", str(home / "temporal" / "temporal.db")),
        *(process for process in recorded if process is not None),
    ]


def environment(home: Path) -> dict[str, str]:
    """The environment of a fresh terminal, with the home folder set."""
    dropped = {"DATABASE_URL", "TEMPORAL_ADDRESS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in dropped},
        "PERENNIAL_HOME": str(home),
    }


@contextmanager
def holding(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that has started the stack and stays."""
    log = home / "parent.log"
    with (
        log.open("w") as output,
        python("-c", HOLD_STACK, str(home), stdout=output, stderr=output) as parent,
    ):
        wait_for("the stack", lambda: "started" in log.read_text() or parent.poll() is not None)
        assert parent.poll() is None, log.read_text()
        yield parent


async def start_parked_workflow(addresses: StackAddresses) -> None:
    """A workflow that no worker ever takes."""
    client = await Client.connect(addresses.temporal_address)
    await client.start_workflow("Recycled", id="recycled", task_queue="nobody")


async def test_restart_keeps_data_and_addresses(home: Path) -> None:
    """Else bookmarks break and journeys are gone after a Ctrl-C."""
    stack = EmbeddedStack(home, ATTRIBUTES)
    with stack:
        first = running_stack(home)
        assert first is not None
        await start_parked_workflow(first)
        with pytest.raises(StackError, match=rf"already runs from {home}: process {os.getpid()}"):
            EmbeddedStack(home, ATTRIBUTES).start()
    assert running_stack(home) is None
    assert processes_of(home) == []

    with EmbeddedStack(home, {**ATTRIBUTES, "Owner": "Keyword"}) as again:
        assert running_stack(home) == first
        client = await Client.connect(first.temporal_address)
        assert (await client.get_workflow_handle("recycled").describe()).workflow_type == "Recycled"
        assert again.ended() is None
        assert set(read_state(home).versions) >= {"postgres", "temporal server", "temporal ui"}
        # A release may bring a new search attribute: it needs a restart and nothing else.
        owned_by_nobody = [run.id async for run in client.list_workflows("Owner IS NULL")]
        assert owned_by_nobody == ["recycled"]


async def test_killed_temporal_comes_back_where_it_was(home: Path) -> None:
    """The fault tests, and whoever restarts it by hand, rely on the same address and data."""
    with EmbeddedStack(home, ATTRIBUTES) as stack:
        addresses = running_stack(home)
        assert addresses is not None
        await start_parked_workflow(addresses)
        pid = stack.temporal.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for("the end of Temporal", lambda: stack.temporal.pid is None)
        assert stack.ended() == "temporal"
        stack.restart("temporal")
        assert stack.temporal.address == addresses.temporal_address
        client = await Client.connect(addresses.temporal_address)
        assert (await client.get_workflow_handle("recycled").describe()).id == "recycled"


async def test_kill_of_the_parent_leaves_nothing_after_the_next_start(home: Path) -> None:
    """Else each crash of a terminal leaves servers that hold the data and the ports."""
    with holding(home):
        addresses = running_stack(home)
        assert addresses is not None
        await start_parked_workflow(addresses)
    left_over = processes_of(home)
    assert left_over
    assert running_stack(home) is None
    with EmbeddedStack(home, ATTRIBUTES):
        assert not any(process.is_running() for process in left_over)
        assert running_stack(home) == addresses
        client = await Client.connect(addresses.temporal_address)
        assert (await client.get_workflow_handle("recycled").describe()).id == "recycled"
    assert processes_of(home) == []


def test_taken_temporal_port_is_named_and_nothing_stays_behind(home: Path) -> None:
    """A port that was asked for is an error; the database started before it is stopped again."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(
            StackError, match=f"Port {taken}, asked for as the Temporal metrics port"
        ):
            EmbeddedStack(home, ATTRIBUTES, ports={"metrics": taken}).start()
    assert processes_of(home) == []
    with EmbeddedStack(home, ATTRIBUTES):
        assert running_stack(home) is not None


def test_damaged_state_file_is_no_obstacle(home: Path) -> None:
    """A half-written or hand-edited stack.json must not stop anybody from starting."""
    (home / "stack.json").write_text('{"addresses": 7')
    assert read_state(home) == StackState()
    assert running_stack(home) is None


@contextmanager
def running_up(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`starter.py up` in a process of its own, fully started."""
    log = home / "up.log"
    with (
        log.open("w") as output,
        python(
            "starter.py", "up", environment=environment(home), stdout=output, stderr=output
        ) as process,
    ):
        wait_for(
            "starter.py up",
            lambda: "Perennial runs" in log.read_text() or process.poll() is not None,
        )
        assert process.poll() is None, log.read_text()
        yield process


@pytest.fixture
def up(home: Path) -> Iterator[subprocess.Popen[str]]:
    """`starter.py up` for a test that ends it."""
    with running_up(home) as process:
        yield process


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """`starter.py up` for the tests that it outlives, and its home folder."""
    with new_home() as home, running_up(home) as process:
        yield home, process


def cli(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line to its end, with further environment variables."""
    return subprocess.run(
        [sys.executable, "starter.py", *arguments],
        cwd=ROOT,
        env={**environment(home), **variables},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def is_well(home: Path) -> bool:
    """Whether `doctor` finds nothing wrong, asked without a process for each look."""
    here = Settings(perennial_home=home, database_url="", temporal_address="")
    return all(one.state != State.BAD for one in asyncio.run(doctor.examine(here)))


def test_second_up_is_refused_with_a_sentence(lasting: tuple[Path, subprocess.Popen[str]]) -> None:
    """Else two workers and two servers fight over one folder."""
    home, up = lasting
    second = cli(home, "up")
    assert second.returncode == 2
    assert f"already runs from {home}: process {up.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_up_says_where_its_metrics_are(lasting: tuple[Path, subprocess.Popen[str]]) -> None:
    """Each process has an address of its own: one that is taken would keep it from starting."""
    home, _ = lasting
    said = (home / "up.log").read_text()
    addresses = re.findall(r"http://127\.0\.0\.1:\d+/metrics", said)
    scraped = "".join(httpx.get(one, timeout=30).text for one in addresses)

    assert len(set(addresses)) == 2, said
    assert "perennial_database_up 1.0" in scraped
    assert "perennial_touches_total" in scraped
    assert "temporal_worker_task_slots_available" in scraped


def stop_cleanly(home: Path, up: subprocess.Popen[str], number: signal.Signals) -> None:
    """End ``up`` by a signal: nothing runs on, and the database was shut down in order."""
    assert len(processes_of(home)) >= 4
    up.send_signal(number)
    assert up.wait(LONGEST_SECONDS) == 0
    assert processes_of(home) == []
    assert "database system is shut down" in (home / "logs" / "postgres.log").read_text()


def test_ctrl_c_leaves_nothing_of_up(home: Path, up: subprocess.Popen[str]) -> None:
    """Servers that run on hold the ports and the memory of who believes to have ended them."""
    stop_cleanly(home, up, signal.SIGINT)


@pytest.mark.parametrize("part", ["worker", "web", "temporal", "postgres"])
def test_up_starts_again_what_dies_and_says_so(
    lasting: tuple[Path, subprocess.Popen[str]], part: str
) -> None:
    """One killed process would end everything, at night, with nobody there to type `make up`."""
    home, up = lasting
    before = running_stack(home)
    said_before = len((home / "up.log").read_text())
    pid, _ = read_state(home).processes[part]
    os.kill(pid, signal.SIGKILL)

    def says() -> str:
        return (home / "up.log").read_text()[said_before:]

    wait_for("another start", lambda: up.poll() is not None or "It was started again." in says())
    assert up.poll() is None, says()
    assert re.search(rf"was ended by SIGKILL|ended.*{part}", says())
    assert read_state(home).processes[part][0] != pid
    assert running_stack(home) == before
    wait_for("all of it", lambda: is_well(home))


def test_up_gives_up_a_part_that_ends_again_and_again(
    home: Path, up: subprocess.Popen[str]
) -> None:
    """It would be started for ever, and nobody would learn that leads stand still."""
    killed: set[int] = set()

    def over() -> bool:
        pid, created = read_state(home).processes.get("worker", (0, 0.0))
        if pid and pid not in killed and recorded_process(pid, created) is not None:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return up.poll() is not None

    wait_for("the end", over)
    assert up.returncode == 1
    said = (home / "up.log").read_text()
    assert "The worker was ended by SIGKILL, for the 6th time in ten minutes" in said
    assert str(home / "logs" / "worker.log") in said
    assert len(killed) == 6
    assert processes_of(home) == []


def test_next_up_clears_what_a_killed_up_left(home: Path, up: subprocess.Popen[str]) -> None:
    """Else two workers, one of them of an older version, run side by side after a crash."""
    up.kill()
    up.wait()
    left_over = processes_of(home)
    assert len(left_over) >= 4
    with EmbeddedStack(home, ATTRIBUTES):
        assert not any(process.is_running() for process in left_over)


def test_doctor_on_a_stack_that_runs_and_is_stopped_as_a_container_is(
    home: Path, up: subprocess.Popen[str]
) -> None:
    """Ops read versions and workers from it, and get a sentence and exit code 1 when it is down."""
    wait_for("workers that poll", lambda: is_well(home))
    doctors = cli(home, "doctor")
    assert doctors.returncode == 0
    said = doctors.stdout
    assert re.search(r"PostgreSQL +18\.\d+ at 127\.0\.0\.1", said)
    assert re.search(r"Queue journeys +\d+ workers? polling", said)
    assert re.search(r"Queue email +\d+ workers? polling", said)
    stop_cleanly(home, up, signal.SIGTERM)
    stopped = cli(home, "doctor")
    assert stopped.returncode == 1
    assert "Perennial does not run from" in stopped.stdout


def test_doctor_names_servers_that_cannot_be_reached(home: Path) -> None:
    """In production, a wrong address is a sentence with the variable to correct."""
    done = cli(
        home,
        "doctor",
        DATABASE_URL="postgresql+psycopg2://somebody:secret@127.0.0.1:1/nowhere",
        TEMPORAL_ADDRESS="127.0.0.1:1",
    )
    assert done.returncode == 1
    assert "The database 127.0.0.1:1/nowhere cannot be reached" in done.stdout
    assert "Temporal at 127.0.0.1:1 does not answer: start it" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_half_set_addresses_are_named(home: Path) -> None:
    """Else a command writes to one deployment's database and another's Temporal."""
    done = cli(home, "migrate", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert done.returncode == 2
    assert "DATABASE_URL is not set" in done.stderr


def test_setting_of_the_wrong_kind_is_named(home: Path) -> None:
    """A sentence with the variable, not a traceback."""
    done = cli(home, "doctor", WEB_PORT="eighty")
    assert done.returncode == 2
    assert "WEB_PORT" in done.stderr
    assert "Traceback" not in done.stderr
