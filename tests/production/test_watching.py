"""What Prometheus, Grafana and a trace collector get of a busy deployment: a real worker and web
app, each a process of its own, watched from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from sqlalchemy import Engine, insert, text

from domain.access import Role
from embedded.postgres import EmbeddedPostgres
from embedded.temporal import EmbeddedTemporal
from settings import ROOT
from store.access.api_tokens import create_token
from store.access.write_keys import create_write_key
from store.engine import engine
from store.outbox.relay_messages import post
from store.tables import Lead
from tests.production.collector import Collector, collecting
from tests.support.personal_words import TELL_TALE
from tests.support.programs import running
from tests.support.waiting import wait_for
from tests.support.web_app import free_port

pytestmark = pytest.mark.xdist_group("watching")

SECRETS = [*TELL_TALE.values(), "quuxcorp", "Zweistein", "@"]
DEPLOY = ROOT / "deploy"
NAME = re.compile(r"\b(?:perennial|temporal|process|python)_[a-z0-9_]+")


@dataclass(frozen=True)
class Watched:
    """A deployment, what it answered, and how it is watched."""

    database: Engine
    collector: Collector
    web: str
    metrics: dict[str, str]
    logs: dict[str, Path]

    def scrape(self, what: str) -> str:
        """What Prometheus reads of ``web`` or ``worker``."""
        answer = httpx.get(f"http://{self.metrics[what]}/metrics", timeout=30)
        assert answer.status_code == 200
        return answer.text

    def sample(self, what: str, name: str, **labels: str) -> float:
        """One value."""
        return sum(
            one.value
            for family in text_string_to_metric_families(self.scrape(what))
            for one in family.samples
            if one.name == name and labels.items() <= one.labels.items()
        )


@pytest.fixture(scope="module")
def watched(
    temporal: EmbeddedTemporal,
    postgres_server: EmbeddedPostgres,
    published: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Watched]:
    """Busy: a lead is called, another gets a mail, a visitor looks around, somebody is refused."""
    home = tmp_path_factory.mktemp("watched")
    url = postgres_server.create_database(f"watched_{uuid.uuid4().hex}", template=published)
    database = engine(url)
    port = free_port()
    metrics = {name: f"127.0.0.1:{free_port()}" for name in ("web", "worker")}
    logs = {name: home / f"{name}.log" for name in ("web", "worker")}
    with ExitStack() as stack:
        collector = stack.enter_context(collecting())
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "PERENNIAL_HOME": str(home),
            "DATABASE_URL": url,
            "TEMPORAL_ADDRESS": temporal.address,
            "SECRET_KEY": "a secret of the tests, 0123456789",
            "WEB_PORT": str(port),
            "LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        environment["WORKER_PROCESSES"] = "2"
        for name, command in (("web", ["-m", "web"]), ("worker", ["worker.py"])):
            log = stack.enter_context(logs[name].open("wb"))
            program = stack.enter_context(
                running(
                    *command,
                    environment=environment | {"METRICS_ADDRESS": metrics[name]},
                    log=log,
                )
            )
            stack.callback(program.wait, 60)
            stack.callback(program.terminate)
        made = Watched(database, collector, f"http://127.0.0.1:{port}", metrics, logs)
        wait_for("the web app", lambda: _answers(f"{made.web}/healthz"))
        wait_for("the worker", lambda: "worker is running" in logs["worker"].read_text())
        _be_busy(made)
        yield made
    database.dispose()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _lead(database: Engine, **columns: Any) -> int:
    with database.begin() as connection:
        return connection.scalars(insert(Lead).values(columns).returning(Lead.id)).one()


def _be_busy(watched: Watched) -> None:
    database = watched.database
    called, mailed, ready = (
        _lead(database, **TELL_TALE | {"email": address, "email_key": address.casefold()})
        for address in (TELL_TALE["email"], "z@quuxcorp.example", "y@quuxcorp.example")
    )
    with database.begin() as connection:
        token = create_token(connection, "program", Role.MANAGER)
        key = create_write_key(connection, "site", kind="server") or ""
        starts = (
            ("Nurture", {"lead_id": mailed, "cadence": "no-show-recovery"}),
            ("FollowUp", {"lead_id": ready, "reason": "score_reached"}),
        )
        for phase, payload in starts:
            post(
                connection,
                key=f"start:{phase}",
                workflow_id=f"lead-{payload['lead_id']}",
                kind="start",
                name=phase,
                payload=payload,
            )
    with httpx.Client(base_url=watched.web, timeout=30) as client:
        assert client.get("/api/leads").status_code == 401
        assert client.get(f"/{TELL_TALE['last_name']}").status_code == 404
        assert client.get(f"/api/leads/{TELL_TALE['email']}/nothing").status_code in (401, 404)
        answer = client.post(
            "/api/leads/prospects",
            json={"leads": [str(called)]},
            headers={
                "Authorization": f"Bearer {token}",
                "baggage": f"who={TELL_TALE['last_name']}",
            },
        )
        assert answer.status_code == 200, answer.text
        page = {"userId": "u-1", "name": "Pricing", "properties": {"path": "/pricing"}}
        assert client.post("/v1/page", json=page, auth=(key, "")).status_code == 200

    query = text(
        "SELECT EXISTS (SELECT FROM task WHERE state = 'open') "
        "AND (SELECT phase = 'FollowUp' FROM lead WHERE id = :called) "
        "AND EXISTS (SELECT FROM touch WHERE state = 'sent') "
        "AND NOT EXISTS (SELECT FROM relay_message WHERE outcome = '')"
    )

    def done() -> bool:
        with database.connect() as connection:
            return bool(connection.execute(query, {"called": called}).scalar_one())

    wait_for("a task, a mail and the relay", done)


def test_what_happened_is_counted(watched: Watched) -> None:
    """A figure that stays 0 is an alert that never comes."""
    assert watched.sample("web", "perennial_database_up") == 1
    assert watched.sample("web", "perennial_temporal_up") == 1
    assert watched.sample("web", "perennial_workers") == 6
    assert watched.sample("web", "perennial_tasks_open") == 1
    assert watched.sample("web", "perennial_events_total", kind="page") == 1
    assert (
        watched.sample(
            "web",
            "perennial_http_requests_total",
            method="POST",
            route="/api/leads/prospects",
            status="200",
        )
        == 1
    )
    assert watched.sample("worker", "perennial_touches_total", channel="outbox", state="sent") == 1
    assert watched.sample("worker", "perennial_process_up") == 2, "one for each process"
    assert watched.sample("worker", "perennial_step_lateness_seconds_count") == 1
    delivered = {"kind": "start", "outcome": "delivered"}
    assert watched.sample("worker", "perennial_relay_messages_total", **delivered) == 3
    assert watched.sample("worker", "perennial_relay_delay_seconds_count") >= 2
    assert watched.sample("worker", "temporal_activity_execution_latency_seconds_count") > 0


def test_nothing_is_said_twice(watched: Watched) -> None:
    """Prometheus refuses a scrape in which two processes tell the same series."""
    for what in watched.metrics:
        samples = [
            (one.name, *sorted(one.labels.items()))
            for family in text_string_to_metric_families(watched.scrape(what))
            for one in family.samples
        ]
        assert len(samples) == len(set(samples)) > 100


def test_no_figure_names_anybody(watched: Watched) -> None:
    """Metrics are read by many and kept for long; and a label with an id is a series for each."""
    for what in watched.metrics:
        scraped = watched.scrape(what)
        assert [word for word in SECRETS if word.casefold() in scraped.casefold()] == [], what
        labels = {
            value
            for family in text_string_to_metric_families(scraped)
            if not family.name.startswith("python_")
            for one in family.samples
            for name, value in one.labels.items()
            if name not in ("le", "status", "process")
        }
        assert [one for one in labels if re.search(r"\blead-\d|^\d+$|[0-9a-f]{8}-", one)] == []


def test_everything_that_is_watched_is_exported(watched: Watched) -> None:
    """An alert on a name that nobody exports never fires, and a panel of it is empty."""
    exported = {
        name
        for what in watched.metrics
        for family in text_string_to_metric_families(watched.scrape(what))
        for name in (
            *(one.name for one in family.samples),
            # A counter or a histogram with labels has no sample before something happens.
            *(f"{family.name}{end}" for end in ("", "_total", "_count", "_sum", "_bucket")),
        )
    }
    rules = YAML(typ="safe").load(DEPLOY / "prometheus" / "alerts.yaml")
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((DEPLOY / "grafana" / "perennial.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = {
        name
        for query in (*(one["expr"] for one in alerts), *queries)
        for name in NAME.findall(query)
    }

    assert len(asked) > 20
    assert asked - exported == set()


def test_one_trace_goes_from_the_request_over_the_relay_to_the_activity(watched: Watched) -> None:
    """Else whoever looks for what was slow has three ends and no thread."""
    wanted = {
        "POST /api/leads/prospects",
        "relay start",
        "StartWorkflow:FollowUp",
        "RunWorkflow:FollowUp",
        "StartActivity:enter_phase",
        "RunActivity:enter_phase",
    }

    def trace() -> set[str]:
        spans = watched.collector.spans()
        ids = {one.trace for one in spans if one.name == "POST /api/leads/prospects"}
        assert len(ids) <= 1
        return {one.name for one in spans if one.trace in ids}

    wait_for("the whole trace", lambda: wanted <= trace())
    spans = watched.collector.spans()
    by_id = {one.id: one for one in spans}
    relayed = next(one for one in spans if one.name == "relay start" and one.parent)
    assert by_id[relayed.parent].name == "POST /api/leads/prospects"
    assert by_id[relayed.parent].service == "perennial-web"
    assert relayed.service == "perennial-worker"


def test_no_span_names_anybody(watched: Watched) -> None:
    """Collectors are often a company's own, outside: what goes there is out of our hands."""
    wait_for("spans", lambda: len(watched.collector.spans()) > 10)
    sent = "".join(map(str, watched.collector.requests)).casefold()

    # Ids are bytes, in which an @ is nothing.
    assert [word for word in SECRETS[:-1] if word.casefold() in sent] == []
    assert "url.path" not in sent
    assert "fastapi" not in sent.replace("/fastapi/", "")


def test_a_log_line_knows_its_trace(watched: Watched) -> None:
    """And every line is JSON, of libraries too: what reads them knows nothing else."""
    for name, log in watched.logs.items():
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert all(line["event"] for line in lines), name
    refused = [
        line
        for line in map(json.loads, watched.logs["web"].read_text("utf-8").splitlines())
        if line["event"] == "authentication" and line.get("status") == 401
    ]
    traces = {one.trace for one in watched.collector.spans() if one.name.startswith("GET")}
    assert refused[0]["trace_id"] in traces


def test_each_alert_says_what_to_do(watched: Watched) -> None:
    """It comes at night, to somebody who did not write it."""
    rules = YAML(typ="safe").load(DEPLOY / "prometheus" / "alerts.yaml")
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert f"| `{rule['alert']}` |" in page
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["annotations"]["summary"]


def test_the_scrape_example_reads_what_compose_serves() -> None:
    """A target that nobody serves is seen only by who looks for it."""
    scrapes = YAML(typ="safe").load(DEPLOY / "prometheus" / "prometheus.yaml")["scrape_configs"]
    targets = {
        target
        for job in scrapes
        for config in job["static_configs"]
        for target in config["targets"]
    }
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    served = {
        f"{name}:{address.rpartition(':')[2]}"
        for name, service in services.items()
        for variable, address in service.get("environment", {}).items()
        if name != "migrate" and variable in ("METRICS_ADDRESS", "PROMETHEUS_ENDPOINT")
    }

    assert targets == served


@pytest.mark.parametrize("program", [["worker.py"], ["-m", "web"]])
def test_an_address_that_is_taken_is_said_and_nothing_starts(
    program: list[str], tmp_path: Path, watched: Watched
) -> None:
    """Two workers on one machine with one address: the second would be watched by nobody."""
    environment = os.environ | {
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "PERENNIAL_HOME": str(tmp_path),
        "METRICS_ADDRESS": watched.metrics["web"],
    }
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 2
    assert f"METRICS_ADDRESS {watched.metrics['web']} can't be listened on" in done.stderr
    assert "Traceback" not in done.stderr


def test_traces_that_are_off_cost_nothing() -> None:
    """Not even the memory of the library that makes them."""
    loaded = "import sys, worker, web.app; print([n for n in sys.modules if 'sdk.trace' in n])"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
