"""docker-compose.yml and what it mounts: a mistake here shows when production is set up."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from ruamel.yaml import YAML
from sqlalchemy.engine import make_url
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from embedded.postgres import MANY_LOCKS, QUIET_LOG, EmbeddedPostgres, postgres_programs
from embedded.temporal import EmbeddedTemporal, temporal_program
from settings import ROOT, Settings
from tests.support.folders import server_folder
from worker import beat

COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
ONE_SHOT = {"temporal-schema", "temporal-namespace", "migrate"}
TYPES = {1: "Text", 2: "Keyword", 3: "Int", 4: "Double", 5: "Bool", 6: "Datetime", 7: "KeywordList"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The parsed file, anchors and merges resolved."""
    parsed: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return parsed


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    """Its services by name."""
    return dict(compose["services"])


def example_variables() -> dict[str, str]:
    """The variables of .env.example."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def used_variables() -> dict[str, str | None]:
    """Every variable the file substitutes, with its default; None where it is required."""
    found = re.findall(r"\$\{(\w+)(?::([-?])([^}]*))?\}", COMPOSE.read_text(encoding="utf-8"))
    return {name: text if sign == "-" else None for name, sign, text in found}


def seconds(text: str) -> float:
    """A Compose duration such as ``1m`` or ``40s``."""
    return sum(
        float(number) * {"s": 1, "m": 60, "h": 3600}[unit]
        for number, unit in re.findall(r"(\d+)([smh])", text)
    )


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    """The one judge of its own format; skipped where neither of its two forms is installed."""
    if shutil.which("docker-compose"):
        command = ["docker-compose"]
    elif _has_compose_plugin():
        command = ["docker", "compose"]
    else:
        pytest.skip("neither docker-compose nor docker's compose plugin is installed")
    filled = {name: value or "x" for name, value in example_variables().items()}
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in filled.items()))

    done = subprocess.run(
        [*command, "-f", str(COMPOSE), "--env-file", str(env_file), "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def _has_compose_plugin() -> bool:
    if shutil.which("docker") is None:
        return False
    version = ["docker", "compose", "version"]
    return subprocess.run(version, capture_output=True, check=False).returncode == 0


def test_who_waits_for_a_healthy_service_waits_for_one_that_reports_its_health(
    services: dict[str, Any],
) -> None:
    conditions = [
        (waiting, awaited, how["condition"])
        for waiting, service in services.items()
        for awaited, how in service.get("depends_on", {}).items()
    ]

    assert conditions
    for waiting, awaited, condition in conditions:
        if condition == "service_healthy":
            assert "healthcheck" in services[awaited], (
                f"{waiting} would wait for {awaited} for ever"
            )
        else:
            assert condition == "service_completed_successfully", (waiting, awaited)
            assert awaited in ONE_SHOT, f"{awaited} never completes, so {waiting} never starts"


def test_a_worker_that_hangs_is_told_from_those_that_work(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """One look at the whole deployment would call every worker sick, or none."""
    file = tmp_path / "worker.beat"
    worker = services["worker"]
    _, command = worker["healthcheck"]["test"]
    look = command.replace(worker["environment"]["WORKER_BEAT_FILE"], str(file))

    def is_healthy() -> bool:
        looked = subprocess.run(["sh", "-c", look], capture_output=True, check=False)
        return looked.returncode == 0

    assert not is_healthy()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(beat(file), 1))
    assert is_healthy()
    os.utime(file, times=(time.time() - 40, time.time() - 40))
    assert not is_healthy()


def test_a_service_that_dies_comes_back_and_a_set_up_step_gives_up(
    services: dict[str, Any],
) -> None:
    for name, service in services.items():
        expected = "on-failure:5" if name in ONE_SHOT else "unless-stopped"
        assert service["restart"] == expected, name


def test_only_what_a_person_opens_is_published_and_to_this_machine_only(
    services: dict[str, Any],
) -> None:
    """Temporal has no sign-in: published, any user of the machine stops journeys."""
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert set(ports) == {"web", "temporal-ui", "mailpit"}
    assert [one for each in ports.values() for one in each if not one.startswith("127.")] == []


def test_what_ops_may_add_is_published_to_this_machine_only(services: dict[str, Any]) -> None:
    added = YAML(typ="safe").load(ROOT / "deploy" / "compose.ops.yml")["services"]

    assert set(added) <= set(services)
    for service in added.values():
        assert set(service) == {"ports"}
        assert [port for port in service["ports"] if not port.startswith("127.0.0.1:")] == []


def test_no_container_keeps_what_it_does_not_need(services: dict[str, Any]) -> None:
    """Else somebody who gets into one of them gets further."""
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] <= 1000, name
        assert service["mem_limit"], name
        assert not service.get("privileged"), name
    assert {name for name, one in services.items() if "cap_add" in one} == {"postgres"}
    for name in ("migrate", "worker", "web", "mailpit"):
        assert services[name]["read_only"] is True, name


def test_what_our_services_write_has_a_place(services: dict[str, Any]) -> None:
    """A read-only container still takes uploads (in /tmp) and keeps its own files."""
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (home,) = re.findall(r"PERENNIAL_HOME=(\S+)", image)
    assert f"--mode=0700 {home}" in image
    (storage,) = re.findall(r"NICEGUI_STORAGE_PATH=(\S+)", image)
    assert storage.startswith("/tmp/")
    for name in ("migrate", "worker", "web"):
        assert f"perennial-home:{home}" in services[name]["volumes"], name
        assert services[name]["tmpfs"][0].startswith("/tmp:"), name


def test_postgres_logs_nobodys_values(services: dict[str, Any]) -> None:
    """The same as the embedded server, which tests/security drives into errors; and whoever reads
    the events of a lead locks the table and indexes of each month."""
    command = services["postgres"]["command"]
    wanted = MANY_LOCKS | QUIET_LOG

    assert command[0] == "postgres"
    assert command[1::2] == ["-c"] * len(wanted)
    assert command[2::2] == [f"{name}={value}" for name, value in wanted.items()]


def test_images_can_be_pinned_by_digest(tmp_path: Path) -> None:
    """Run with a stand-in for Docker, which would ask the registry: each image of both files gets
    its digest, and a second run changes nothing but a digest that is another now."""
    (tmp_path / "deploy").mkdir()
    for name in ("docker-compose.yml", "Dockerfile", "deploy/pin-images"):
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "docker"
    for letter in ("a", "b"):
        docker.write_text(f"#!/bin/sh\necho sha256:{letter * 64}\n")
        docker.chmod(0o755)
        subprocess.run(
            [tmp_path / "deploy" / "pin-images"],
            check=True,
            capture_output=True,
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        )
        pinned = YAML(typ="safe").load(tmp_path / "docker-compose.yml")["services"]
        images = [one["image"] for one in pinned.values() if "build" not in one]
        images += re.findall(r"^FROM (.*)$", (tmp_path / "Dockerfile").read_text(), re.MULTILINE)
        assert len(images) == 7
        for image in images:
            assert re.fullmatch(rf"[a-z/-]+:[\w.-]+@sha256:{letter}{{64}}", image), image


def test_every_variable_is_in_the_example_and_every_secret_is_required(
    services: dict[str, Any],
) -> None:
    example, used = example_variables(), used_variables()

    assert set(used) == set(example)
    for name, default in used.items():
        if default is None:
            assert example[name] == "", f"the example gives away a value for {name}"
        else:
            assert example[name] == default, f"{name} has two defaults"
    required = {name for name, default in used.items() if default is None}
    assert required >= {
        "POSTGRES_PASSWORD",
        "PERENNIAL_DB_PASSWORD",
        "TEMPORAL_DB_PASSWORD",
        "SECRET_KEY",
    }


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|PWD|SECRET|API_KEY", variable):
                assert re.fullmatch(r"\$\{\w+:[?-][^}]*\}", value), (name, variable)


def test_images_are_pinned_and_come_from_where_compose_looks_by_itself(
    services: dict[str, Any],
) -> None:
    for name, service in services.items():
        if "build" in service:
            continue
        repository, _, tag = service["image"].partition("@")[0].partition(":")
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag), name
        assert "." not in repository.split("/")[0], f"{name} names a registry host"


def test_our_services_get_settings_that_exist(services: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields}

    for name in ("migrate", "worker", "web"):
        assert set(services[name]["environment"]) <= known, name


def test_a_worker_gets_the_time_to_finish_its_touches(services: dict[str, Any]) -> None:
    worker = services["worker"]

    grace = seconds(worker["stop_grace_period"])
    assert grace > worker["environment"]["WORKER_SHUTDOWN_SECONDS"]


def test_commands_and_mounts_name_files_that_are_there_and_in_the_image(
    services: dict[str, Any],
) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    shipped = {line[1:] for line in ignored if line.startswith("!")}
    for name in ("migrate", "worker", "web"):
        program = services[name]["command"]
        target = program[2] if program[1] == "-m" else program[1]
        assert (ROOT / target).exists(), name
        assert target in shipped, f"{target} is not in the image"
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            if source.startswith("."):
                assert (ROOT / source).is_dir(), name
                inside = [part for part in _strings(service) if part.startswith(f"{target}/")]
                for path in inside:
                    assert (ROOT / source / path.removeprefix(f"{target}/")).is_file(), path


def _strings(service: dict[str, Any]) -> Iterator[str]:
    yield from service.get("command", [])
    yield from (value for value in service["environment"].values() if isinstance(value, str))


def test_the_image_holds_every_package_and_program_of_ours() -> None:
    shipped = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    programs = {path.name for path in ROOT.glob("*.py")}

    for name in packages | programs | {"templates", "cadences", "requirements/production.txt"}:
        assert f"!{name}" in shipped, f"{name} is missing in the image"


def test_volumes_are_declared_and_used(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }

    assert mounted == set(compose["volumes"])


async def test_the_namespace_script_registers_the_registry_and_may_run_again(
    temporal: EmbeddedTemporal,
) -> None:
    environment = os.environ | {
        "PATH": f"{temporal_program().parent}:{os.environ['PATH']}",
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_NAMESPACE": "production",
        "RETENTION": "90d",
    }
    for _ in range(2):
        done = await asyncio.to_thread(
            subprocess.run,
            ["sh", str(ROOT / "deploy/temporal/namespace.sh")],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    client = await Client.connect(temporal.address, namespace="production")
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="production")
    )
    registered = {name: TYPES[kind] for name, kind in listed.custom_attributes.items()}
    assert registered == SEARCH_ATTRIBUTES
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="production")
    )
    retention = described.config.workflow_execution_retention_ttl.ToTimedelta()
    assert retention.days == 90


def test_the_roles_script_keeps_perennial_and_temporal_apart() -> None:
    """Run on a PostgreSQL as its image makes it: one superuser called postgres."""
    folder = server_folder()
    server = EmbeddedPostgres(folder / "postgres", folder / "logs", 0, durable=False)
    try:
        server.start()
        _as_the_image_makes_it(server)
        environment = os.environ | {
            "PATH": f"{postgres_programs()}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGPASSWORD": "super",
            "PERENNIAL_DB_PASSWORD": "it's ours",
            "TEMPORAL_DB_PASSWORD": "theirs",
        }
        subprocess.run(["sh", str(ROOT / "deploy/postgres/roles.sh")], check=True, env=environment)

        with _connected(server.port, "perennial", "it's ours", "perennial") as ours:
            ours.cursor().execute("CREATE TABLE mine (id int)")
        with _connected(server.port, "temporal", "theirs", "postgres") as theirs:
            theirs.cursor().execute("CREATE DATABASE temporal")
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            _connected(server.port, "temporal", "theirs", "perennial").__enter__()
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def _connected(port: int, user: str, password: str, database: str) -> Iterator[Any]:
    """A connection whose statements are transactions of their own."""
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user=user, password=password, dbname=database
    )
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _as_the_image_makes_it(server: EmbeddedPostgres) -> None:
    url = make_url(server.superuser_url("postgres"))
    with _connected(server.port, "postgres", str(url.password), "postgres") as theirs:
        theirs.cursor().execute("DROP ROLE perennial")
        theirs.cursor().execute("ALTER ROLE postgres PASSWORD 'super'")
