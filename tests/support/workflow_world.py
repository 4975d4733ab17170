"""A time-skipping Temporal server, the real activities and PostgreSQL, and a scripted person."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, text
from temporalio import activity
from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowContinuedAsNewError, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.registry import email_activities, journey_activities, webhook_activities
from activities.resources import Resources
from cli.cadence import publish_files
from domain.contracts.journey import (
    EMAIL_QUEUE,
    JOURNEY_QUEUE,
    AwaitDisposition,
    JourneyState,
    Phase,
    journey_id,
)
from domain.contracts.search_attributes import SEARCH_ATTRIBUTES, search_attributes
from domain.contracts.tasks import TaskResult
from domain.contracts.webhooks import WEBHOOK_QUEUE
from domain.email.links import LinkSigner
from domain.tasks.completion import Completion, Learned
from mail.channels.outbox import OutboxChannel
from settings import ROOT, Clock, Settings
from store.engine import engine
from store.meetings.meetings import (
    CancelledBy,
    Origin,
    book_meeting,
    cancel_meeting,
    report_attended,
    report_missed,
)
from store.published.cadences import list_cadences
from store.recycle.recycle import return_on
from store.scoring.engagement import record_engagement
from store.tasks import tasks
from temporal.relay import Relay
from tests.support.sandbox import workflow_runner
from worker import interceptors
from workflows.registry import WORKFLOWS

TEST_SERVER = Path(sys.executable).parent / "temporal-test-server"
CADENCES = Path(__file__).resolve().parents[1] / "workflows" / "cadences"
"""Short cadences and the policies of the tests, so that marketing may change its own."""

WORKFLOW_TASK_TIMEOUT = timedelta(seconds=10)
LONGEST_PHASE_SECONDS = 60
"""Real seconds; a phase that takes longer is stuck."""

Reaction = Callable[[datetime], Completion]


class WedgedServer(AssertionError):
    """The test server lost a workflow task: it says for ever that a worker is at work on it, where
    a real server lets it time out and hands it out again (temporalio/sdk-java issue 3088)."""


def says(disposition: str, reason: str = "", note: str = "", **extra: str) -> Reaction:
    """A person who answers with ``disposition``."""
    return lambda _now: Completion(
        disposition=disposition,
        reason=reason,
        note=note,
        learned=Learned(**extra) if extra else None,
    )


def says_in(disposition: str, after: timedelta) -> Reaction:
    """A person who answers with a time ``after`` now."""
    return lambda now: Completion(disposition=disposition, at=now + after)


class StagedSettings(Settings):
    """Settings in which a test may say what time of the journey it is."""

    _staged: Clock | None = None

    def clock(self) -> Clock:
        """The calendar that was set last."""
        return self._staged or super().clock()

    def begin(self, at: datetime) -> None:
        """Have it be ``at`` now; the journey's time is compressed."""
        real, factor = datetime.now(UTC), self.demo_time_factor
        self._staged = Clock(real + (real - at) / (factor - 1), factor)


@dataclass
class Person:
    """Plays sales: reacts to the tasks of a kind as scripted, with the last reaction for ever."""

    database: Engine
    settings: Settings
    reactions: dict[str, deque[Reaction]] = field(default_factory=lambda: defaultdict(deque))
    done: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A task that waits would stop the clock of every test in which a lead writes.
        self.will("lead_message", says("done"))

    def will(self, kind: str, *reactions: Reaction) -> None:
        """Script the reactions to tasks of ``kind``."""
        self.reactions[kind].extend(reactions)

    @activity.defn(name="await_disposition", no_thread_cancel_exception=True)
    def await_disposition(self, request: AwaitDisposition) -> TaskResult:
        """Stand in for the wait: a person who does the task at once, through the real store.

        A pending activity would stop the time-skipping server's clock.
        """
        now = self.settings.clock().journey_time(activity.info().started_time)
        with self.database.begin() as connection:
            kind = connection.execute(
                text("SELECT kind FROM task WHERE id = :id"), {"id": request.task_id}
            ).scalar_one()
            script = self.reactions[kind]
            if not script:
                activity.raise_complete_async()
            reaction = script.popleft() if len(script) > 1 else script[0]
            tasks.complete_task(connection, request.task_id, reaction(now), "rep-1", now)
            result = tasks.result_of(connection, request.task_id)
        assert result is not None
        self.done.append((kind, result.disposition))
        return result


@dataclass(frozen=True)
class Ending:
    """How a phase ended: the next phase and its state, or (``phase`` '') the result."""

    phase: str
    reason: str
    cycle: int = 0
    outcome: str = ""
    state: JourneyState | None = None


@dataclass
class World:
    """Everything a journey needs, for one test."""

    client: Client
    environment: WorkflowEnvironment
    database: Engine
    settings: StagedSettings
    person: Person
    relay: Relay
    started: list[WorkflowHandle[Any, Any]] = field(default_factory=list)

    def lead(self, **columns: Any) -> int:
        """Make a lead (``score`` is the interest it has now); returns its id."""
        values: dict[str, Any] = {
            "email": "ada@lovelace.example",
            "email_key": "ada@lovelace.example",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "country": "GB",
            "time_zone": "Europe/London",
        }
        if "score" in columns:
            values |= {"interest": columns.pop("score"), "interest_as_of": datetime.now(UTC)}
        values |= columns
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        with self.database.begin() as connection:
            made: int = connection.execute(
                text(f"INSERT INTO lead ({names}) VALUES ({places}) RETURNING id"), values
            ).scalar_one()
        return made

    async def start(self, phase: Phase, lead_id: int, **state: Any) -> WorkflowHandle[Any, Any]:
        """Start a lead's journey in ``phase``."""
        journey = JourneyState(lead_id=lead_id, **state)
        handle = await self.client.start_workflow(
            phase.value,
            journey,
            id=journey_id(lead_id),
            task_queue=JOURNEY_QUEUE,
            search_attributes=search_attributes(journey),
        )
        self.started.append(handle)
        return handle

    async def give_up(self, why: str) -> NoReturn:
        """Fail, and tell whether it was the server."""
        now = await self.environment.get_current_time()
        for handle in self.started:
            last = (await handle.fetch_history()).events[-1]
            lost = last.event_time.ToDatetime(UTC) < now - WORKFLOW_TASK_TIMEOUT
            if last.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED and lost:
                raise WedgedServer(f"{handle.id}: {why}")
        raise AssertionError(why)

    async def ending(self, handle: WorkflowHandle[Any, Any]) -> Ending:
        """Let time fly until the phase is over, and say where it leads."""
        try:
            async with asyncio.timeout(LONGEST_PHASE_SECONDS):
                result = await handle.result(follow_runs=False)
        except TimeoutError:
            await self.give_up(f"{handle.id} is in its phase for ever")
        except WorkflowContinuedAsNewError:
            # The handle itself names the newest run, which is the next phase by now.
            first = self.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
            history = await first.fetch_history()
            event = history.events[-1].workflow_execution_continued_as_new_event_attributes
            (state,) = await DataConverter.default.decode(event.input.payloads, [JourneyState])
            return Ending(event.workflow_type.name, state.reason, state.cycle, state=state)
        return Ending("", result["reason"], outcome=result["outcome"])

    async def does(self, lead_id: int, kind: str) -> None:
        """Record something the lead does and have the relay deliver what follows from it."""
        now = self.settings.clock().journey_time(await self.environment.get_current_time())
        with self.database.begin() as connection:
            record_engagement(
                connection,
                lead_id=lead_id,
                kind=kind,
                at=now,
                key=f"test:{lead_id}:{kind}:{now.timestamp()}",
            )
        await self.deliver()

    async def books(self, lead_id: int, after: timedelta) -> int:
        """The lead books (or moves) a meeting ``after`` now; returns the meeting's id."""
        now = await self.now()
        with self.database.begin() as connection:
            meeting = book_meeting(
                connection,
                lead_id=lead_id,
                starts_at=now + after,
                minutes=30,
                booked_by="lead",
                at=now,
                # A journey that the test has yet to start is told by its state.
                notify=self.value("SELECT phase FROM lead WHERE id = :id", id=lead_id) != "",
            )
        await self.deliver()
        return meeting

    async def books_elsewhere(self, lead_id: int, after: timedelta, name: str = "one") -> int:
        """The lead books at a calendar service, beside what it has; returns the meeting's id."""
        now = await self.now()
        with self.database.begin() as connection:
            meeting = book_meeting(
                connection,
                lead_id=lead_id,
                starts_at=now + after,
                minutes=30,
                booked_by="lead",
                at=now,
                origin=Origin("calcom", f"calcom:{name}"),
            )
        await self.deliver()
        return meeting

    async def has_meeting(self, lead_id: int, state: str = "booked") -> int:
        """A meeting that has just begun, of which the journey is not told."""
        now = await self.now()
        with self.database.begin() as connection:
            made: int = connection.execute(
                text(
                    "INSERT INTO meeting (lead_id, starts_at, state) "
                    "VALUES (:lead, :at, :state) RETURNING id"
                ),
                {"lead": lead_id, "at": now, "state": state},
            ).scalar_one()
        return made

    async def cancels(self, by: CancelledBy = "lead") -> None:
        """The lead, or whoever it is, cancels the newest meeting."""
        await self.calls_off(self.value("SELECT max(id) FROM meeting"), by)

    async def calls_off(self, meeting: int, by: CancelledBy) -> None:
        """Somebody cancels this meeting."""
        now = await self.now()
        with self.database.begin() as connection:
            cancel_meeting(connection, meeting_id=meeting, at=now, by=by)
        await self.deliver()

    async def returns_on(self, lead_id: int, day: date, why: str = "asked_for") -> None:
        """Sales sets the day on which the lead comes back."""
        now = await self.now()
        with self.database.begin() as connection:
            return_on(connection, lead_id, day, now, why=why)
        await self.deliver()

    async def hears_of_no_show(self, *, missed: bool = True) -> None:
        """A calendar service reports that the lead did not come, or takes it back."""
        now = await self.now()
        with self.database.begin() as connection:
            meeting = connection.execute(text("SELECT max(id) FROM meeting")).scalar_one()
            if missed:
                assert report_missed(connection, meeting, told_at=now, at=now)
            else:
                assert report_attended(connection, meeting, told_at=now)
        await self.deliver()

    async def deliver(self) -> None:
        """Have the relay deliver everything that is due."""
        while await self.relay.deliver_due():
            pass

    async def now(self) -> datetime:
        """Journey time, UTC."""
        return self.settings.clock().journey_time(await self.environment.get_current_time())

    async def reaches(self, query: str, expected: Any, **parameters: Any) -> None:
        """Wait until a one-value query gives what is expected; time stands still meanwhile."""
        seen: Any = None
        for _ in range(300):
            seen = self.value(query, **parameters)
            if seen == expected:
                return
            await asyncio.sleep(0.05)
        await self.give_up(f"{query} gives {seen!r}, not {expected!r}")

    async def shows(self, handle: WorkflowHandle[Any, Any], name: str, expected: Any) -> None:
        """Wait until ops see ``expected`` in a search attribute: a signal is answered later."""
        seen: Any = None
        for _ in range(300):
            attributes = (await handle.describe()).typed_search_attributes
            seen = next((pair.value for pair in attributes if pair.key.name == name), None)
            if seen == expected:
                return
            await asyncio.sleep(0.05)
        await self.give_up(f"{name} is {seen!r}, not {expected!r}")

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a query gives."""
        with self.database.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    def values(self, query: str, **parameters: Any) -> list[Any]:
        """The first column of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query), parameters).scalars())


def publish(database: Engine) -> None:
    """Publish the cadences and policies of the tests, where nothing is published."""
    with database.connect() as connection:
        if list_cadences(connection):
            return
    publish_files(database, CADENCES, ROOT / "templates")


@asynccontextmanager
async def world(database_url: str, time_factor: float = 1.0) -> AsyncIterator[World]:
    """A server with a clock of its own, a worker, and published cadences."""
    settings = StagedSettings(
        database_url=database_url,
        secret_key="a secret of the tests, 0123456789",
        email_channel="outbox",
        demo_time_factor=time_factor,
        demo_time_epoch=datetime.now(UTC),
    )
    database = engine(database_url)
    publish(database)
    person = Person(database, settings)
    resources = Resources(
        database,
        OutboxChannel(database, settings.clock()),
        LinkSigner("test", settings.web_url()),
        settings,
    )
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(TEST_SERVER)
    )
    client = environment.client
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            search_attributes={
                name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
                for name, kind in SEARCH_ATTRIBUTES.items()
            },
            namespace=client.namespace,
        )
    )
    activities = [
        one for one in journey_activities(resources) if one.__name__ != "await_disposition"
    ]
    threads = ThreadPoolExecutor(8)
    journeys = Worker(
        client,
        task_queue=JOURNEY_QUEUE,
        workflows=WORKFLOWS,
        activities=[*activities, person.await_disposition],
        activity_executor=threads,
        workflow_runner=workflow_runner(),
        interceptors=interceptors(resources),
    )
    email = Worker(
        client,
        task_queue=EMAIL_QUEUE,
        activities=email_activities(resources),
        activity_executor=threads,
    )
    webhooks = Worker(
        client,
        task_queue=WEBHOOK_QUEUE,
        activities=webhook_activities(resources),
        activity_executor=threads,
    )
    all_workers = [journeys, email, webhooks]
    running = [asyncio.create_task(worker.run()) for worker in all_workers]
    try:
        yield World(client, environment, database, settings, person, Relay(database, client))
    finally:
        await _shut_down(environment, all_workers, running)
        threads.shutdown()
        database.dispose()


async def _shut_down(
    environment: WorkflowEnvironment, workers: list[Worker], running: list[asyncio.Task[None]]
) -> None:
    """Stop the workers; the test server now and then leaves a long poll of theirs open, which
    ends only with the server."""
    tasks = [*running, *(asyncio.create_task(worker.shutdown()) for worker in workers)]
    await asyncio.wait(tasks, timeout=3)
    await environment.shutdown()
    _, pending = await asyncio.wait(tasks, timeout=20)
    # What a worker says of a server that is gone is not what the test is about.
    for task in tasks:
        task.cancel() if task in pending else task.exception()
