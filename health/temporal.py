"""Checks that ask Temporal. Each question is given up after a few seconds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.contracts.journey import EMAIL_QUEUE, JOURNEY_QUEUE
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES
from domain.contracts.webhooks import WEBHOOK_QUEUE
from domain.sentences import Sentence, sentence
from health.checks import Check, State, unknown
from settings import Settings
from temporal.connect import connect_temporal

# A worker polls at least once a minute; one not seen for longer is gone.
POLLER_ALIVE = timedelta(seconds=75)
CALL = timedelta(seconds=3)
EXAMPLES = 5
TEMPORAL = sentence("Temporal")
PROBLEMS = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
POLLED = (
    (JOURNEY_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
    (EMAIL_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    (WEBHOOK_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
)
"""Each task queue and what its worker must poll for."""


async def examine(settings: Settings, address: str) -> list[Check]:
    """Everything that Temporal can tell, in about as long as the slowest question takes."""
    try:
        client = await reach(settings, address)
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=CALL)
    except (OSError, RuntimeError, RPCError, TimeoutError):
        return [_away(address)]
    said = sentence("{version} at {place}", version=info.server_version, place=address)
    asked: list[Awaitable[Check]] = [
        _asked("search_attributes", sentence("Search attributes"), client, _search_attributes),
        *(_asked(f"queue_{queue}", _queue(queue), client, _workers) for queue, _kind in POLLED),
        _asked("versions", sentence("Versions"), client, _versions),
        _asked("journeys", sentence("Journeys"), client, _journeys),
    ]
    return [Check("temporal", TEMPORAL, State.OK, said), *await asyncio.gather(*asked)]


async def reach(settings: Settings, address: str) -> Client:
    """A client of our namespace.

    Raises:
        RuntimeError, TimeoutError: nobody answers there.
    """
    async with asyncio.timeout(CALL.total_seconds()):
        return await connect_temporal(settings, address)


async def pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> list[PollerInfo]:
    """The workers that poll a task queue now, each once.

    Raises:
        temporalio.service.RPCError: Temporal refused the question, or did not answer.
    """
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        ),
        timeout=CALL,
    )
    oldest = datetime.now(UTC) - POLLER_ALIVE
    # A worker has several pollers: that which was heard last stands for it.
    alive = {
        poller.identity: poller
        for poller in sorted(described.pollers, key=last_poll)
        if last_poll(poller) > oldest
    }
    return list(alive.values())


def last_poll(poller: PollerInfo) -> datetime:
    """When a worker was heard last (UTC)."""
    heard: datetime = poller.last_access_time.ToDatetime(tzinfo=UTC)
    return heard


def build_of(poller: PollerInfo) -> str:
    """The version of the code that a worker runs; '' when it does not say."""
    return poller.deployment_options.build_id or poller.worker_version_capabilities.build_id


async def _asked(
    name: str,
    title: Sentence,
    client: Client,
    ask: Callable[[Client, str, Sentence], Awaitable[Check]],
) -> Check:
    try:
        async with asyncio.timeout(CALL.total_seconds()):
            return await ask(client, name, title)
    except RPCError as error:
        return Check(
            name,
            title,
            State.BAD,
            sentence("refused"),
            sentence(
                "Temporal refused a question about the namespace {namespace} ({error}): create "
                "the namespace, or correct TEMPORAL_NAMESPACE.",
                namespace=client.namespace,
                error=error.message,
            ),
        )
    except TimeoutError as error:
        return unknown(name, title, error)


def _away(address: str) -> Check:
    return Check(
        "temporal",
        TEMPORAL,
        State.BAD,
        sentence("not reachable"),
        sentence(
            "Temporal at {address} does not answer: start it, or correct TEMPORAL_ADDRESS (and "
            "TEMPORAL_TLS, if it wants TLS). Journeys stand still meanwhile; what is entered is "
            "kept.",
            address=address,
        ),
    )


def _queue(queue: str) -> Sentence:
    return sentence("Queue {queue}", queue=queue)


async def _search_attributes(client: Client, name: str, title: Sentence) -> Check:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=CALL
    )
    missing = sorted(set(SEARCH_ATTRIBUTES) - set(listed.custom_attributes))
    if not missing:
        said = sentence("all {number} registered", number=len(SEARCH_ATTRIBUTES))
        return Check(name, title, State.OK, said)
    return Check(
        name,
        title,
        State.BAD,
        sentence("{number} missing", number=len(missing)),
        sentence(
            "Temporal does not know the search attributes {names}, so journeys cannot start: "
            "register them as docs/operations.md describes.",
            names=", ".join(missing),
        ),
    )


async def _workers(client: Client, name: str, title: Sentence) -> Check:
    queue, kind = next(one for one in POLLED if name == f"queue_{one[0]}")
    polling = await pollers(client, queue, kind)
    builds = Counter(build_of(one) for one in polling)
    figures = {"workers": len(polling), "versions": dict(builds)}
    if not polling:
        return Check(
            name,
            title,
            State.BAD,
            sentence("no worker"),
            sentence(
                "No worker polls the task queue {queue}, so nothing there moves: start one with "
                "`python worker.py`.",
                queue=queue,
            ),
            figures,
        )
    # One that hangs is still counted for a minute: its silence tells before.
    silent = datetime.now(UTC) - min(map(last_poll, polling))
    seconds = max(0, round(silent.total_seconds()))
    figures["silent_seconds"] = seconds
    said = (
        sentence("1 worker polling, heard {seconds} s ago", seconds=seconds)
        if len(polling) == 1
        else sentence(
            "{number} workers polling, the most silent heard {seconds} s ago",
            number=len(polling),
            seconds=seconds,
        )
    )
    return Check(name, title, State.OK, said, figures=figures)


async def _versions(client: Client, name: str, title: Sentence) -> Check:
    asked = [pollers(client, queue, kind) for queue, kind in POLLED]
    builds = {
        (build_of(one) or "unknown", one.identity)
        for polling in await asyncio.gather(*asked)
        for one in polling
    }
    counts = Counter(build for build, _identity in builds)
    listed = ", ".join(f"{build} ({number})" for build, number in sorted(counts.items()))
    figures = {"versions": dict(counts)}
    if len(counts) <= 1:
        return Check(name, title, State.OK, listed or sentence("none"), figures=figures)
    return Check(
        name,
        title,
        State.WARN,
        listed,
        sentence(
            "Workers of {number} versions poll at once ({listed}). That is right for the minute of "
            "a deployment; afterwards journeys begun by one may stand still with the other: stop "
            "the old ones, or put the old version back everywhere.",
            number=len(counts),
            listed=listed,
        ),
        figures,
    )


async def _journeys(client: Client, name: str, title: Sentence) -> Check:
    counted = await client.count_workflows(PROBLEMS, rpc_timeout=CALL)
    if not counted.count:
        return Check(name, title, State.OK, sentence("all get on"), figures={"problems": 0})
    examples: list[str] = []
    kinds: Counter[str] = Counter()
    async for run in client.list_workflows(PROBLEMS, limit=100, rpc_timeout=CALL):
        kinds[run.workflow_type] += 1
        if len(examples) < EXAMPLES:
            examples.append(run.id)
    return Check(
        name,
        title,
        State.BAD,
        sentence("{number} cannot get on", number=counted.count),
        sentence(
            "Journeys in which the code of these workers fails, so that they stand still: {number} "
            "({kinds}), such as {examples}. Put back the version that they began with; see “Find a "
            "stuck lead” in docs/operations.md.",
            number=counted.count,
            kinds=", ".join(sorted(kinds)),
            examples=", ".join(examples),
        ),
        {"problems": counted.count, "kinds": dict(kinds), "examples": examples},
    )
