"""docs/operations.md is read in a hurry: a command in it that does not work costs the night."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from sqlalchemy import text
from typer.testing import CliRunner

import starter
from domain.contracts.journey import journey_id
from embedded.postgres import EmbeddedPostgres, postgres_programs
from embedded.roles import SUPERUSER
from settings import ROOT
from store.engine import engine
from tests.production.conftest import Deployment

PAGE = ROOT / "docs" / "operations.md"
INLINE = re.compile(r"`((?:temporal |python )[^`]*)`")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, unindented."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text("utf-8"), re.M | re.S)
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, body in found]


def commands() -> list[str]:
    """Every command line of the page, continued lines joined, those in running text included."""
    lines = "\n".join(blocks("sh")).replace("\\\n", " ").splitlines()
    inline = INLINE.findall(PAGE.read_text(encoding="utf-8"))
    return sorted({" ".join(line.split()) for line in [*lines, *inline] if line.strip()})


def of(program: str) -> list[str]:
    """Those commands that begin with ``program``."""
    return [line for line in commands() if line.startswith(program)]


def test_every_command_is_looked_at_by_a_test_below() -> None:
    """Else a new one is never run."""
    known = ("temporal ", "docker compose ", "python ", "make ", "cp .env.example .env", "export ")
    left = [line for line in commands() if not line.startswith(known)]

    assert left == ["sh deploy/temporal/namespace.sh"], "tested in test_compose.py"


async def test_every_temporal_command_works(deployment: Deployment) -> None:
    lines = of("temporal ")
    assert len(lines) > 15
    over_many = [line for line in lines if "--query" in line]
    for line in lines:
        if line in over_many:
            continue
        lead = deployment.lead()
        deployment.start(lead)
        await deployment.waits(lead, "Waiting to send")
        words = shlex.split(line.replace("lead-42", journey_id(lead)).split(" > ")[0])
        await deployment.cli(*words[1:])
    # Last: they would also catch the journeys that the others start.
    for line in over_many:
        await deployment.cli(*shlex.split(line.split(" > ")[0])[1:])
        await deployment.batches_done()


async def test_pausing_everything_pauses_and_resuming_resumes(deployment: Deployment) -> None:
    """Also that one cadence is paused by narrowing the filter."""
    first, second = deployment.lead(), deployment.lead()
    deployment.start(first)
    deployment.start(second, cadence="recycle-reentry")
    await deployment.waits(first, "Waiting to send")
    await deployment.waits(second, "Waiting to send")
    await deployment.listed("ExecutionStatus = 'Running'", first, second)
    pause, resume = (
        shlex.split(line)[1:]
        for name in ("pause", "resume")
        for line in of(f"temporal workflow signal --name {name}")
    )

    narrower = " AND Cadence = 'welcome-nurture'"
    only_one = [f"{word}{narrower}" if " = " in word else word for word in pause]
    await deployment.cli(*only_one)
    await deployment.waits(first, "Paused by an operator")
    assert not (await deployment.waits_for(second)).startswith("Paused")
    await deployment.cli(*pause)
    await deployment.waits(second, "Paused by an operator")
    await deployment.cli(*resume)
    await deployment.waits(first, "Waiting to send")
    await deployment.waits(second, "Waiting to send")


def test_every_query_works(database_url: str) -> None:
    with engine(database_url).begin() as connection:
        for query in blocks("sql"):
            connection.execute(text(query))
    engine(database_url).dispose()


@pytest.mark.parametrize("line", of("python "))
def test_a_program_and_its_command_exist(line: str) -> None:
    words = line.split()[1:]
    if words[0] == "-m":
        name = words[1].replace(".", "/")
        assert (ROOT / f"{name}.py").exists() or (ROOT / name / "__main__.py").exists()
        return
    assert (ROOT / words[0]).exists()
    if words[1:]:
        names = [word for word in words[1:] if word.islower() and not word.startswith("-")]
        result = CliRunner().invoke(starter.app, [*names, "--help"])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("line", of("make "))
def test_a_make_target_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert re.search(rf"^{line.split()[1]}:", makefile, re.M)


@pytest.mark.parametrize("line", of("docker compose "))
def test_a_docker_command_names_services_that_exist(line: str) -> None:
    """Only a Docker engine could run them."""
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    words = shlex.split(line)[2:]
    named = [word for word in words[1:] if not word.startswith("-")]
    if words[0] in ("exec", "run"):
        named = named[:1]
    if words[0] == "cp":
        named = [named[0].split(":")[0]]

    assert set(named) <= set(services)


def test_a_base_backup_holds_every_database(
    postgres_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    """The backup of the page, with its own options, on the tests' server."""
    (line,) = (line for line in of("docker compose exec postgres pg_basebackup"))
    options = [
        word
        for word in shlex.split(line)[5:]
        if not word.startswith(("--username", "--pgdata", "--format", "--gzip"))
    ]
    target = tmp_path / "backup"
    url = postgres_server.superuser_url("postgres")
    assert f"//{SUPERUSER}:" in url
    assert f"--username={SUPERUSER}" in line

    subprocess.run(
        [postgres_programs() / "pg_basebackup", f"--dbname={url}", f"--pgdata={target}", *options],
        check=True,
    )

    with engine(postgres_server.url("postgres")).connect() as connection:
        databases = list(connection.execute(text("SELECT oid FROM pg_database")).scalars())
    engine(postgres_server.url("postgres")).dispose()
    assert [oid for oid in databases if not (target / "base" / str(oid)).is_dir()] == []
    assert (target / "backup_manifest").exists()
