"""`starter.py demo`: the first thing a newcomer runs, from start to clean end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx2 as httpx
import psutil
import pytest

from domain.contracts.tasks import TaskKind
from embedded import read_state
from tests.support.folders import server_folder
from tests.support.programs import python

LOOP = pytest.mark.xdist_group("demo loop")
REST = pytest.mark.xdist_group("demo")
"""Two workers share these tests, which take minutes; more demos at once would slow each other."""

LONGEST_SECONDS = 1_000


@pytest.fixture
def home() -> Iterator[Path]:
    """A PERENNIAL_HOME of its own; what a failed test left running from it is killed."""
    made = server_folder()
    yield made
    for process in running_from(made):
        process.kill()
    shutil.rmtree(made)


def running_from(home: Path) -> list[psutil.Process]:
    """Every process that was started with ``home`` in its arguments or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in word for word in words):
            found.append(process)
    return found


class Start(Protocol):
    """Starts a demo in its home; see the fixture ``start_demo``."""

    def __call__(self, *arguments: str) -> subprocess.Popen[str]: ...


@pytest.fixture
def start_demo(home: Path) -> Iterator[Start]:
    """Start the demo where a person might: with settings of real servers in the environment."""
    environment = {
        **os.environ,
        "PERENNIAL_HOME": str(home),
        "DATABASE_URL": "postgresql+psycopg2://nobody@127.0.0.1:1/none",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "EMAIL_CHANNEL": "smtp",
    }
    with ExitStack() as running:

        def start(*arguments: str) -> subprocess.Popen[str]:
            demo = python(
                *("starter.py", "demo", *arguments),
                environment=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            return running.enter_context(demo)

        yield start


def tasks_behind(link: str) -> list[dict[str, Any]]:
    """The open tasks that somebody sees who follows a link of the demo, as a browser would."""
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        assert "Sign in" in browser.get(link).text
        page = browser.post(link, headers={"Origin": link.partition("/enter/")[0]})
        assert page.status_code == 200
        assert page.url.path.startswith("/console")
        base = f"{page.url.scheme}://{page.url.netloc.decode()}"
        answer = browser.get(f"{base}/api/tasks?limit=500")
        if answer.status_code == 403:
            return []
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@LOOP
def test_thirty_leads_show_the_whole_loop_to_a_newcomer(home: Path, start_demo: Start) -> None:
    """Were a figure 0, the reader would believe that the loop does not close."""
    demo = start_demo("--leads", "30", "--exit", "--json")
    printed, said = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 0, said
    figures = json.loads(printed)
    assert list(figures) == [
        *("leads", "touches_sent", "duplicate_touches", "escalated", "calls", "meetings"),
        *("no_shows", "rescheduled", "won", "recycled", "reentered", "disqualified"),
        *("failed_workflows", "wall_s"),
    ]
    assert figures["leads"] == 30
    assert (figures["duplicate_touches"], figures["failed_workflows"]) == (0, 0)
    assert [name for name, count in figures.items() if not count] == [
        "duplicate_touches",
        "failed_workflows",
    ]
    assert running_from(home) == []


@LOOP
def test_a_killed_demo_is_cleared_away_by_the_next_which_ctrl_c_ends(
    home: Path, start_demo: Start
) -> None:
    """After a kill -9 its servers run on: deleting their data under them would leave them so, with
    the ports and the memory of somebody who only had a look."""
    killed = start_demo("--leads", "20")
    until_its_first_day(killed)
    left = set(running_from(home)) - {psutil.Process(killed.pid)}
    killed.kill()
    killed.communicate()
    assert left
    again = start_demo("--leads", "20")
    until_its_first_day(again)
    assert left.isdisjoint(running_from(home))
    assert (home / "demo" / "postgres").is_dir()
    again.send_signal(signal.SIGINT)
    printed, said = again.communicate(timeout=LONGEST_SECONDS)
    assert again.returncode == 130, said
    assert "Traceback" not in said
    assert "mails received twice" in printed
    assert running_from(home) == []
    assert read_state(home / "demo").addresses is None


def until_its_first_day(demo: subprocess.Popen[str]) -> None:
    """Read what a demo says until its leads move."""
    assert demo.stderr is not None
    for line in demo.stderr:
        if line.startswith("day "):
            return


@REST
def test_a_folder_of_something_else_is_never_deleted(home: Path, start_demo: Start) -> None:
    """The demo wipes its folder at the start; it must not wipe a person's own ``demo``."""
    precious = home / "demo" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("chapter 1")
    demo = start_demo("--leads", "20", "--exit")
    _, said = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 2
    assert str(precious.parent) in said
    assert precious.read_text() == "chapter 1"


@REST
def test_too_few_leads_for_the_loop_are_refused(start_demo: Start) -> None:
    """With five leads nobody could win and nobody come back."""
    demo = start_demo("--leads", "5")
    _, said = demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 2
    assert "--leads" in said


@REST
def test_a_newcomer_takes_every_place_and_finds_work_of_every_kind(
    home: Path, start_demo: Start
) -> None:
    """Were somebody still playing, or a role without a way in, the demo could be watched only."""
    demo = start_demo("--leads", "20")
    assert demo.stderr is not None
    links: dict[str, str] = {}
    role = ""
    for line in demo.stderr:
        assert len(line.rstrip("\n")) <= 80 or "/" in line
        if line.startswith(("SDR: ", "Manager: ", "Marketing: ", "Ops: ", "Admin: ")):
            role = line.partition(":")[0]
        elif role and line.startswith("http"):
            links[role], role = line.strip(), ""
        if line.startswith("It runs until Ctrl-C"):
            break
    assert list(links) == ["SDR", "Manager", "Marketing", "Ops", "Admin"]
    found = {name: tasks_behind(link) for name, link in links.items()}
    assert {task["kind"] for task in found["Manager"]} == {kind.value for kind in TaskKind}
    assert 10 <= len(found["Manager"]) <= 40
    assert {"qualify", "call", "cadence", "meeting_outcome", "opportunity", "lead_message"} <= {
        task["kind"] for task in found["SDR"]
    }
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=LONGEST_SECONDS)
    assert demo.returncode == 0
    assert running_from(home) == []
