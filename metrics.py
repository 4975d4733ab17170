"""What this process counts for Prometheus, and where it is read.

Names begin with ``perennial_`` and end in their unit, as Prometheus wants them
(https://prometheus.io/docs/practices/naming/). Labels hold words of our own only: never an id, an
address or a name. What only the servers know is asked by :mod:`health.metrics`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, event

from code_version import code_version
from domain.not_ready import NotReady

ANSWER_SECONDS = 3.0
"""How long another process of this machine may take to tell its figures."""
SECONDS_TO_HOURS = (1, 5, 15, 60, 5 * 60, 15 * 60, 3600, 4 * 3600, 24 * 3600)
"""Buckets for what may wait for people and windows."""
SECONDS_OF_AN_ANSWER = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

PROCESS_UP = "perennial_process_up"
_UNCOMMITTED = "perennial: to be counted"

# When each series began is not asked for, and there would be twice as many.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library gives it no types

TOUCHES = Counter(
    "perennial_touches",
    "Mails by what became of them: sent, failed, unknown, suppressed, put_off.",
    ["channel", "state"],
)
STEP_LATENESS = Histogram(
    "perennial_step_lateness_seconds",
    "Real time from when a step of a cadence was due until a worker began it.",
    buckets=SECONDS_TO_HOURS,
)
SENDS_REFUSED = Counter(
    "perennial_sends_refused",
    "Mails refused while or after they were handed over, by what the refusal means.",
    ["channel", "meaning"],
)
EVENTS = Counter("perennial_events", "What leads and visitors did, machines included.", ["kind"])
CROSSINGS = Counter(
    "perennial_crossings", "Leads that became ready for sales, by what made them so.", ["cause"]
)
RELAY_MESSAGES = Counter(
    "perennial_relay_messages",
    "Messages of the relay by what became of them: delivered, undeliverable, retry.",
    ["kind", "outcome"],
)
RELAY_DELAY = Histogram(
    "perennial_relay_delay_seconds",
    "Real time from when a message was due until Temporal had it.",
    buckets=(*SECONDS_OF_AN_ANSWER, *SECONDS_TO_HOURS[2:7]),
)
WEBHOOK_DELIVERIES = Counter(
    "perennial_webhook_deliveries",
    "Attempts to bring an event to another program, by result: delivered, waiting, failed.",
    ["result"],
)
NOTIFICATIONS = Counter(
    "perennial_notifications",
    "Notifications of colleagues by way (mail, chat) and result: sent, waiting, failed, unknown.",
    ["way", "result"],
)
ACTIVITY_FAILURES = Counter(
    "perennial_activity_failures",
    "Attempts of activities that failed, by the type of the failure.",
    ["activity", "error"],
)
ACTIVITIES_GIVEN_UP = Counter(
    "perennial_activities_given_up",
    "Activities that failed in a way that no other attempt can fix.",
    ["activity", "error"],
)
HTTP_REQUESTS = Counter(
    "perennial_http_requests",
    "Requests answered, by the template of their route.",
    ["method", "route", "status"],
)
HTTP_DURATION = Histogram(
    "perennial_http_request_duration_seconds",
    "Time until a request was answered.",
    ["route"],
    buckets=SECONDS_OF_AN_ANSWER,
)
BUILD = Gauge("perennial_build_info", "The code that runs, always 1.", ["code"])


class MetricsRefused(NotReady):
    """The address for metrics can't be listened on."""


def count_when_committed(connection: Connection, count: Callable[[], None]) -> None:
    """Count what a transaction did once it is true: not what is rolled back and done again. Its
    engine must be known to :func:`count_commits`."""
    connection.info.setdefault(_UNCOMMITTED, []).append(count)


def count_commits(database: Engine) -> None:
    """Have what transactions of ``database`` did counted when they are committed."""
    # For the engine: to listen to each connection costs more than a statement does.
    event.listen(database, "commit", _committed)
    event.listen(database, "rollback", _rolled_back)


def _committed(connection: Connection) -> None:
    for count in connection.info.pop(_UNCOMMITTED, ()):
        count()


def _rolled_back(connection: Connection) -> None:
    if not connection.invalidated:  # It has no notes any more, and would connect anew for them.
        connection.info.pop(_UNCOMMITTED, None)


class Merged(Collector):
    """What is counted here, and what other addresses of this machine tell: a worker is several
    processes, and Temporal's SDK serves its own.

    Args:
        process: label of what is counted here; '' for none.
        sources: address (``host:port``) → the process's label, '' for none.
    """

    def __init__(self, process: str, sources: Mapping[str, str]) -> None:
        self._process = process
        self._sources = sources

    def describe(self) -> list[Metric]:
        """Nothing beforehand: to be registered must ask nobody."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family once, the samples of all in it. Who does not answer is left out, and
        ``perennial_process_up`` tells."""
        found = [(self._process, family) for family in REGISTRY.collect()]
        answers = dict.fromkeys(self._sources.values(), True)
        # All at once: those that are frozen together take no longer than one.
        with ThreadPoolExecutor(len(self._sources) or 1) as threads:
            all_told = list(threads.map(_told, self._sources))
        for process, told in zip(self._sources.values(), all_told, strict=True):
            answers[process] &= told is not None
            found += [(process, family) for family in told or () if family.name != PROCESS_UP]
        up = GaugeMetricFamily(
            PROCESS_UP, "1 for each process whose figures are here.", labels=["process"]
        )
        for process, answered in answers.items():
            up.add_metric([process], int(answered))
        families: dict[str, Metric] = {}
        for process, family in found:
            whole = families.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            label = {"process": process} if process else {}
            whole.samples += [one._replace(labels=one.labels | label) for one in family.samples]
        yield from families.values()
        yield up


def _told(address: str) -> list[Metric] | None:
    try:
        with urlopen(f"http://{address}/metrics", timeout=ANSWER_SECONDS) as answer:
            return list(text_string_to_metric_families(answer.read().decode()))
    except OSError:
        return None


def free_address() -> str:
    """An address of this machine that nobody listens on just now, ``127.0.0.1:port``."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


def serve(address: str, more: Collector | None = None) -> None:
    """Serve ``/metrics`` of this process on an address of its own, from a thread of its own.

    Args:
        address: ``host:port``; '' serves nothing.
        more: a collector instead of what is counted here.

    Raises:
        MetricsRefused: another program listens there, or it is no address of this machine.
    """
    if not address:
        return
    host, _, port = address.rpartition(":")
    registry = REGISTRY
    if more is not None:
        registry = CollectorRegistry()
        registry.register(more)
    BUILD.labels(code_version()).set(1)
    try:
        start_http_server(int(port), host.strip("[]"), registry)
    except OSError as error:
        raise MetricsRefused(
            f"METRICS_ADDRESS {address} can't be listened on ({error.strerror}): every worker and "
            "web app of a machine needs one of its own; leave it out for none."
        ) from None
