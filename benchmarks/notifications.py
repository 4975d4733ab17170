"""How soon a colleague hears of a hot lead: from the commit to the chat's server, with a worker as
operations run it.

``python -m benchmarks.notifications [--json] [--events N] [--per-second N]``
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.own_stack import own_stack, print_figures
from cli.cadence import CADENCES, TEMPLATES, publish_files
from domain.access import Role
from domain.notifications.hours import WorkingHours
from domain.notifications.kinds import NotificationKind, NotifyBy
from settings import ROOT
from store.access.sealing import Sealer
from store.access.users import add_user
from store.alerts import NewAlert, raise_alerts
from store.engine import engine
from store.notifications import choices

SECRET = "a secret of the benchmark, 0123456789"
REPS = 20
LONGEST_SECONDS = 120.0


@contextmanager
def chat(came: dict[int, float]) -> Iterator[str]:
    """The chat's side: when the message about each lead came, and its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            now = time.time()
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            for number in re.findall(r"No\.(\d+)!", body):
                came.setdefault(int(number), now)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/benchmark"
    finally:
        server.shutdown()


def hire(database: Engine, url: str) -> None:
    """Reps who hear of hot leads in a chat."""
    sealer = Sealer(SECRET, choices.CHAT_ADDRESSES)
    for number in range(REPS):
        with database.begin() as connection:
            rep = f"bench-{number}"
            connection.execute(
                text("INSERT INTO rep (code, name, email) VALUES (:rep, :rep, '')"), {"rep": rep}
            )
            user = add_user(connection, f"{rep}@lindenmoor.example", rep, Role.SDR, rep)
            sealed = sealer.seal(user, url)
            choices.keep_address(connection, user, service="slack", sealed=sealed, shown_as="…")
            chosen = {NotifyBy.CHAT: [NotificationKind.HOT_LEAD]}
            choices.choose(connection, user, chosen, WorkingHours("UTC"))


def turn_hot(database: Engine, number: int) -> float:
    """A lead turns hot; when that was committed."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        lead = connection.execute(
            text(
                "INSERT INTO lead (email, email_key, first_name) "
                "VALUES (:name, :name, :name) RETURNING id"
            ),
            {"name": f"No.{number}!"},
        ).scalar_one()
        alert = NewAlert(f"hot:{number}", "hot_lead", f"bench-{number % REPS}", now, lead)
        raise_alerts(connection, [alert], now)
    return time.time()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--per-second", type=float, default=5.0)
    options = parser.parse_args()
    came: dict[int, float] = {}
    with own_stack() as (home, addresses), chat(came) as url:
        database = engine(addresses.database_url)
        publish_files(database, CADENCES, TEMPLATES)
        hire(database, url)
        with worker(home, addresses.database_url, addresses.temporal_address):
            settled = "SELECT count(*) FROM relay_message WHERE outcome = ''"
            await_none(database, settled)
            begun = {}
            for number in range(options.events):
                begun[number] = turn_hot(database, number)
                time.sleep(1 / options.per_second)
            deadline = time.monotonic() + LONGEST_SECONDS
            while len(came) < options.events and time.monotonic() < deadline:
                time.sleep(0.1)
        unsettled = scalar(
            database, "SELECT count(*) FROM notification_delivery WHERE state <> 'sent'"
        )
    waited = sorted(at - begun[number] for number, at in came.items())
    print_figures(
        {
            "events": options.events,
            "arrived": len(waited),
            "not_settled": unsettled,
            "seconds_p50": round(statistics.median(waited), 3),
            "seconds_p99": round(waited[max(0, int(0.99 * len(waited)) - 1)], 3),
            "seconds_max": round(waited[-1], 3),
        },
        as_json=options.json,
    )


@contextmanager
def worker(home: Path, database_url: str, temporal: str) -> Iterator[None]:
    """worker.py as operations would start it."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal,
        "PERENNIAL_HOME": str(home),
        "SECRET_KEY": SECRET,
        "WEBHOOKS_ALLOW_PRIVATE": "true",
    }
    with (home / "worker.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, str(ROOT / "worker.py")], env=environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            child.terminate()
            child.wait()


def scalar(database: Engine, query: str) -> int:
    """The one number a query gives."""
    with database.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def await_none(database: Engine, query: str) -> None:
    """Wait until a count is 0."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while scalar(database, query) and time.monotonic() < deadline:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
