"""Commands as a person types them at a terminal, and what the command line finds around it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner, Result

import settings
import starter
from cli.errors import UserError
from cli.program import Listed
from domain.contracts.journey import Phase
from tests.support.workflow_world import World

NO_TEMPORAL = "127.0.0.1:1"
"""An address where nobody answers, for commands that speak to the database only."""


@contextmanager
def environment(
    monkeypatch: pytest.MonkeyPatch, database_url: str, temporal: str = NO_TEMPORAL
) -> Iterator[None]:
    """The command line finds this database and this Temporal."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal)
    settings.get.cache_clear()
    yield
    settings.get.cache_clear()


def outcome(app: typer.Typer, *arguments: str, typed: str = "", exit_code: int = 0) -> Result:
    """What a command that ends with ``exit_code`` did, with ``typed`` at its questions.

    Raises:
        UserError: the command refused it, as it comes out of ``starter.py``.
    """
    result = CliRunner().invoke(app, list(arguments), input=typed)
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == exit_code, result.output or repr(result.exception)
    return result


def run(app: typer.Typer, *arguments: str) -> str:
    """What a command prints; a refusal is raised."""
    return outcome(app, *arguments).output


async def run_beside(app: typer.Typer, *arguments: str, exit_code: int = 0) -> str:
    """What a command prints while the test's worker goes on; a refusal is raised."""
    done = await asyncio.to_thread(outcome, app, *arguments, exit_code=exit_code)
    return done.output


async def escalated(desk: World, **traits: str) -> int:
    """A lead in FollowUp whose qualify task is open; returns the task's id."""
    lead = desk.lead(**{"first_name": "지우", "last_name": "서"} | traits)
    await desk.start(Phase.FOLLOW_UP, lead, reason="score_reached")
    await desk.reaches("SELECT count(*) FROM task WHERE state = 'open'", 1)
    found: int = desk.value("SELECT id FROM task")
    return found


@functools.cache
def command_names() -> set[str]:
    """All commands there are, as a person writes them behind ``starter.py``."""
    names = set()
    program = typer.main.get_command(starter.app)
    assert isinstance(program, TyperGroup)
    for name, listed in program.commands.items():
        command = listed.load() if isinstance(listed, Listed) else listed
        inside = command.commands if isinstance(command, TyperGroup) else {}
        names |= {f"{name} {one}" for one in inside} or {name}
    return names
