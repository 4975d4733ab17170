"""``starter.py`` as a whole: its help, its names, its version, and how soon it answers."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import typer
from rich.text import Text
from typer.core import TyperGroup

import starter
from cli.program import PANELS
from code_version import release
from settings import ROOT
from tests.cli.terminal import run

LISTED = [one for panel in PANELS.values() for one in panel]
COMPLETES = "_STARTER.PY_COMPLETE"


def examples() -> list[str]:
    """What the help of the groups and the README tell people to write."""
    epilogs = [Text.from_markup(one.load().epilog or "").plain for one in LISTED]
    told = "\n".join([*epilogs, (ROOT / "README.md").read_text(encoding="utf-8")])
    return re.findall(r"^(?:\.venv/bin/python )?starter\.py ([^#\n]+)", told, re.M)


@pytest.mark.parametrize("example", examples())
def test_an_example_is_taken_as_it_stands(example: str) -> None:
    """Who copies one and is refused believes the next one less."""
    words = shlex.split(example)
    command: Any = typer.main.get_command(starter.app)
    context = command.make_context("starter.py", list(words))
    while isinstance(command, TyperGroup):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.name)
def test_the_help_of_a_command_fits_and_has_examples(
    one: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = run(starter.app, one.name, "--help")

    assert max(map(len, said.splitlines())) <= 80
    for example in Text.from_markup(one.load().epilog or "").plain.splitlines():
        assert example in said


def test_a_group_is_found_by_its_singular_and_by_its_plural() -> None:
    """People say both, and would look the right one up each time."""
    pairs = [(str(one.name), one.other) for one in LISTED if one.other]

    assert ("tasks", "task") in pairs
    for name, other in pairs:
        assert run(starter.app, other, "--help") == run(starter.app, name, "--help")


def test_the_version_names_the_release_and_the_code() -> None:
    """Who reports a fault says with it what runs."""
    assert run(starter.app, "--version") == f"Perennial {release()}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+ \([0-9a-f]{10}\)", release())


def test_the_list_of_commands_needs_neither_database_nor_temporal() -> None:
    """It took two seconds: as long as a command."""
    look = (
        "import starter, sys, typer.testing\n"
        "print(typer.testing.CliRunner().invoke(starter.app, ['--help']).output)\n"
        "heavy = {'sqlalchemy', 'temporalio', 'pydantic', 'settings'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [name for name in PANELS if name not in done.stdout] == []


def typed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell gets from the program."""
    return subprocess.run(
        [sys.executable, "starter.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("./starter.py ta", ["tasks"]),
        (
            "./starter.py task ",
            ["list", "show", "mail", "snooze", "reassign", "bring-back", "done"],
        ),
    ],
)
def test_the_shell_completes_what_was_begun(begun: str, offered: list[str]) -> None:
    asked = {"COMP_WORDS": begun, "COMP_CWORD": str(begun.count(" ")), COMPLETES: "complete_bash"}

    assert typed(**asked).stdout.split() == offered
    # Else typer looks which shell started the tests, and there may be none.
    shown = typed("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert f"{COMPLETES}=complete_bash" in shown.stdout


def test_a_setting_that_does_not_fit_is_told_in_a_sentence() -> None:
    refused = typed("cadence", "list", WEB_PORT="many")

    assert refused.returncode == 2
    assert re.fullmatch(
        r"An environment variable has a value that does not fit: WEB_PORT: .*\.\n", refused.stderr
    )
