"""What runs, in which version, and what is wrong with it."""

from __future__ import annotations

import asyncio
import json
import platform
import shutil
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cli import connect
from cli.errors import UserError
from domain.journey import EMAIL_QUEUE, JOURNEY_QUEUE
from domain.search_attributes import SEARCH_ATTRIBUTES
from domain.webhooks import WEBHOOK_QUEUE
from embedded import read_state
from settings import Settings
from store import migrate

LOW_DISK_BYTES = 1024**3
# A worker polls at least once a minute; one not seen for longer is gone.
POLLER_ALIVE = timedelta(seconds=75)
WAIT_SECONDS = 3.0
POLLED = (
    (JOURNEY_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
    (EMAIL_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    (WEBHOOK_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
)
"""Each task queue and what its worker must poll for."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its state in a few words, and a sentence when something is wrong."""

    what: str
    state: str
    problem: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything this deployment needs. Times out on what does not answer."""
    findings = [_python(), _disk(settings.perennial_home)]
    try:
        where = connect.addresses(settings)
    except UserError as error:
        return [*findings, Finding("Perennial", "not running", str(error))]
    kind = f"embedded, in {settings.perennial_home}" if where.embedded else "servers of your own"
    findings.append(Finding("Stack", kind))
    findings += await asyncio.to_thread(_database, where.database_url)
    findings += await _temporal(settings, where)
    if where.embedded:
        findings.append(await asyncio.to_thread(_web, settings))
    return findings


def _python() -> Finding:
    return Finding("Python", f"{platform.python_version()} ({sys.executable})")


def _disk(home: Path) -> Finding:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    state = f"{free / 1024**3:.1f} GB free"
    if free < LOW_DISK_BYTES:
        return Finding("Disk", state, f"The disk of {home} is nearly full ({state}): free some.")
    return Finding("Disk", state)


def _database(database_url: str) -> list[Finding]:
    try:
        version = connect.reach_database(database_url, seconds=WAIT_SECONDS)
        server = Finding("PostgreSQL", f"{version} at {connect.shown_database(database_url)}")
    except UserError as error:
        return [Finding("PostgreSQL", "not reachable", str(error))]
    revision = migrate.current_revision(database_url) or "none"
    try:
        migrate.require_current(database_url)
    except migrate.SchemaMismatch as error:
        return [server, Finding("Schema", revision, str(error))]
    return [server, Finding("Schema", revision)]


async def _temporal(settings: Settings, where: connect.Addresses) -> list[Finding]:
    address = where.temporal_address
    try:
        client = await connect.reach_temporal(settings, address, seconds=WAIT_SECONDS)
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    except (UserError, RPCError) as error:
        return [Finding("Temporal", "not reachable", str(error))]
    findings = [Finding("Temporal", f"{info.server_version} at {address}")]
    if where.temporal_ui:
        findings.append(await asyncio.to_thread(_ui, where.temporal_ui))
    try:
        findings.append(await _search_attributes(client))
        for queue, kind in POLLED:
            findings.append(await _workers(client, queue, kind))
    except RPCError as error:
        findings.append(
            Finding(
                "Namespace",
                settings.temporal_namespace,
                f"Temporal refused a question about the namespace {settings.temporal_namespace} "
                f"({error.message}): create the namespace, or correct TEMPORAL_NAMESPACE.",
            )
        )
    return findings


def _ui(url: str) -> Finding:
    address = f"{url}/api/v1/settings"
    try:
        # Whoever may set TEMPORAL_UI_URL runs this command, and sees a version number of it.
        with urllib.request.urlopen(address, timeout=WAIT_SECONDS) as answer:  # noqa: S310
            version = json.load(answer).get("Version", "unknown version")
    except (OSError, ValueError) as error:
        return Finding(
            "Temporal UI",
            "not reachable",
            f"The Temporal UI at {url} does not answer ({error}): start it, or correct "
            "TEMPORAL_UI_URL.",
        )
    return Finding("Temporal UI", f"{version} at {url}")


async def _search_attributes(client: Client) -> Finding:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = sorted(set(SEARCH_ATTRIBUTES) - set(listed.custom_attributes))
    if missing:
        return Finding(
            "Search attributes",
            f"{len(missing)} missing",
            f"Temporal does not know the search attributes {', '.join(missing)}, so journeys "
            "cannot start: register them as docs/operations.md describes.",
        )
    return Finding("Search attributes", f"all {len(SEARCH_ATTRIBUTES)} registered")


async def pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> int:
    """How many workers poll a task queue now.

    Raises:
        temporalio.service.RPCError: Temporal refused the question.
    """
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        )
    )
    oldest = datetime.now(UTC) - POLLER_ALIVE
    return len(
        {
            poller.identity
            for poller in described.pollers
            if poller.last_access_time.ToDatetime(tzinfo=UTC) > oldest
        }
    )


async def _workers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> Finding:
    count = await pollers(client, queue, kind)
    if not count:
        return Finding(
            f"Queue {queue}",
            "no worker",
            f"No worker polls the task queue {queue}, so nothing there moves: start one with "
            "`python worker.py`.",
        )
    return Finding(f"Queue {queue}", f"{count} worker{'s' if count > 1 else ''} polling")


def _web(settings: Settings) -> Finding:
    port = read_state(settings.perennial_home).ports.get("web", settings.web_port)
    url = f"http://127.0.0.1:{port}"
    try:
        urllib.request.urlopen(url, timeout=WAIT_SECONDS).close()
    except urllib.error.HTTPError:
        return Finding("Web", url)
    except OSError as error:
        return Finding(
            "Web", "not reachable", f"The web app at {url} does not answer ({error}): run make up."
        )
    return Finding("Web", url)
