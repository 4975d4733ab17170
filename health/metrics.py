"""What only the servers know, for Prometheus: the figures of the same checks that ``doctor`` and
*System* show, and nothing else, so that there is one truth."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from health.checks import Check, State
from health.system import examine
from settings import Settings

log = structlog.get_logger(__name__)

KEPT_SECONDS = 10.0
LONGEST_SECONDS = 8.0
"""Less than Prometheus waits for a scrape."""

GAUGES = {
    ("disk", "free_bytes"): ("disk_free_bytes", "Least room on the disks that are written to."),
    ("visits", "waiting"): ("visits_waiting", "Clicks and the like that wait on disk."),
    ("visits", "set_aside"): ("visits_set_aside", "Visits that the database refuses for good."),
    ("visits", "lost"): ("visits_lost", "Visits that found no room."),
    ("server", "bytes"): ("database_size_bytes", "Size of the database."),
    ("server", "clock_seconds"): (
        "database_clock_difference_seconds",
        "How far the clocks of the database and of this machine are apart.",
    ),
    ("sessions", "used"): ("database_connections", "Connections in use."),
    ("sessions", "allowed"): ("database_connections_allowed", "Connections that may be in use."),
    ("relay", "waiting"): ("relay_waiting", "Messages that are due and not delivered."),
    ("relay", "oldest_seconds"): (
        "relay_oldest_age_seconds",
        "For how long the oldest message is due; 0 when none waits.",
    ),
    ("relay", "undeliverable_today"): (
        "relay_undeliverable",
        "Messages of the last day that nobody was there to take.",
    ),
    ("dispositions", "not_taken"): (
        "dispositions_waiting",
        "Finished tasks that their journeys have not heard of for a minute.",
    ),
    ("touches", "failed_hour"): ("touches_failed_last_hour", "Mails planned lately that failed."),
    ("touches", "unknown_hour"): (
        "touches_unknown_last_hour",
        "Mails planned lately of which nobody can say whether they went out.",
    ),
    ("touches", "stuck"): ("touches_stuck", "Mails that are being sent for ten minutes."),
    ("webhooks", "failed"): ("webhook_deliveries_failed", "Events given up in the last day."),
    ("jobs", "imports"): ("imports_stuck", "Imports that were interrupted."),
    ("jobs", "scoring"): ("scoring_runs_stuck", "Scoring runs under way for over an hour."),
    ("journeys", "problems"): ("journeys_stuck", "Journeys in which the workers' code fails."),
}
"""Check and figure → the gauge's name, without ``perennial_``, and what it tells."""


class Health(Collector):
    """Looks when it is asked, at most every few seconds, and never for long: while a server is
    away or hangs, its figures are missing and its ``…_up`` is 0."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._checks: list[Check] = []
        self._looked_at = -KEPT_SECONDS

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing beforehand: to be registered must ask no server."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges, a few seconds old at most."""
        with self._lock:
            if time.monotonic() - self._looked_at > KEPT_SECONDS:
                self._checks = self._look()
                self._looked_at = time.monotonic()
            checks = {one.name: one for one in self._checks}
        return gauges(checks)

    def _look(self) -> list[Check]:
        async def look() -> list[Check]:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await examine(self._settings)

        try:
            return asyncio.run(look())
        except TimeoutError:
            log.warning("metrics of the servers are missing", error="TimeoutError")
            return []


def gauges(checks: Mapping[str, Check]) -> Iterator[GaugeMetricFamily]:
    """The figures of checks, by their names, as gauges."""
    for server in ("database", "temporal"):
        answers = server in checks and checks[server].state is State.OK
        yield _gauge(f"{server}_up", "1 while it answers, and takes writes.", int(answers))
    states = list(State)
    yield _labelled(
        "check_state",
        "How a check of `doctor` stands: 0 ok, 1 unknown, 2 warn, 3 bad.",
        ["check"],
        {(name,): states.index(check.state) for name, check in checks.items()},
    )
    for (check, figure), (name, about) in GAUGES.items():
        figures = checks[check].figures if check in checks else {}
        if figure in figures:
            yield _gauge(name, about, figures[figure])
    tasks = _figures(checks, "tasks").get("kinds", {})
    yield _labelled(
        "tasks_open",
        "Tasks that wait for a person.",
        ["kind"],
        {(kind,): counts["open"] for kind, counts in tasks.items()},
    )
    yield _labelled(
        "tasks_late",
        "Open tasks that are past their due time.",
        ["kind"],
        {(kind,): counts["late"] for kind, counts in tasks.items()},
    )
    yield _labelled(
        "activities_failing",
        "Failures of activities that keep failing, since they began to, and of those of the last "
        "day that no other attempt can fix.",
        ["activity", "error", "given_up"],
        {
            (one["activity"], one["error"], "yes" if one["given_up"] else "no"): one["failures"]
            for one in _figures(checks, "activities").get("failing", [])
        },
    )
    yield _labelled(
        "sending_paused",
        "1 for each channel that sends nothing, because mail is refused for a reason of ours.",
        ["channel", "reason"],
        {
            (one["channel"], one["reason"]): 1
            for one in _figures(checks, "sending").get("paused", [])
        },
    )
    yield _labelled(
        "workers",
        "Workers that poll a task queue.",
        ["queue"],
        {
            (name.removeprefix("queue_"),): check.figures["workers"]
            for name, check in checks.items()
            if name.startswith("queue_") and "workers" in check.figures
        },
    )


def _figures(checks: Mapping[str, Check], name: str) -> Mapping[str, Any]:
    return checks[name].figures if name in checks else {}


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"perennial_{name}", about, value=value)


def _labelled(
    name: str, about: str, labels: list[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"perennial_{name}", about, labels=labels)
    for held, value in values.items():
        family.add_metric(held, value)
    return family
