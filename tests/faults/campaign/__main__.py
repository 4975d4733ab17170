"""A campaign of faults, and what it has lost or doubled.

``python -m tests.faults.campaign --minutes 30 [--seed N] [--leads 100] [--json] [--keep FOLDER]``

Exit code 1 if anything that was acknowledged is lost, doubled or stuck.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from domain.email.links import LinkSigner
from settings import Clock
from tests.faults.campaign.book import Book
from tests.faults.campaign.facts import read_facts
from tests.faults.campaign.faults import Faults, keep_running
from tests.faults.campaign.journeys import stuck
from tests.faults.campaign.mailbox import Mailbox
from tests.faults.campaign.players import Players
from tests.faults.campaign.recovery import read_waits
from tests.faults.campaign.report import Report, report, table
from tests.faults.campaign.scene import Plan, Scene
from tests.faults.campaign.tally import tally
from tests.faults.campaign.visitors import INBOUND_PASSWORD
from tests.support import sendgrid_events
from tests.support.calendar_reports import CALCOM_SECRET
from tests.support.deployment import SECRET, Deployment, Program, Server, deployment, free_ports
from tests.support.tcp_proxy import Proxy
from tests.support.waiting import wait_for

FACTOR = 3600.0
"""A second of the campaign is an hour of the journeys."""
AFTER_SECONDS = 15.0
"""How long people play after the last fault."""
FIRST_MAIL_WITHIN = 600.0
QUIET_WITHIN = 180.0
UNDELIVERED = "SELECT count(*) FROM relay_message WHERE outcome = ''"
POLICIES = (Path(__file__).with_name("again.yaml"), Path(__file__).with_name("recycle.yaml"))


def campaign(here: Deployment, clock: Clock, mail_port: int, plan: Plan) -> Report:
    """Play, with faults, and count."""
    signer = LinkSigner(SECRET, f"http://127.0.0.1:{here.web_port}")
    mailbox = Mailbox(mail_port, signer)
    scene = Scene(here, Book(here.home / "book.log"), mailbox, clock, plan)
    players = Players(scene)
    mailbox.start()
    with _programs(here) as (programs, lines):
        faults = Faults(here, programs, lines, plan.seed)
        players.start()
        wait_for("the first mail", lambda: bool(mailbox.accepted), FIRST_MAIL_WITHIN)
        faults.start()
        gave_up = _watch(programs, plan.seconds)
        faults.stop()
        gave_up += _watch(programs, AFTER_SECONDS)
        players.stop()
        (here.home / "faults.log").write_text("\n".join(map(str, faults.log)), encoding="utf-8")
        # The faults have broken the connections that were kept.
        here.database.dispose()
        quiet = _until_quiet(here)
        paused = scene.book.asked["pause ended"]
        still = stuck(here, paused)
        facts = read_facts(here, clock)
        found = tally(scene.book, mailbox.accepted, facts) | still
        waits = read_waits(here, clock, paused)
    mailbox.stop()
    return Report(
        plan=plan,
        book=scene.book,
        facts=facts,
        accepted=mailbox.accepted,
        wrong=found,
        faults=faults.log,
        waits=waits,
        gave_up=gave_up,
        quiet_after=quiet,
        failures=[repr(one) for one in (*players.failures, *faults.failures)],
    )


@contextlib.contextmanager
def _programs(here: Deployment) -> Iterator[tuple[dict[str, Program], dict[str, Proxy]]]:
    """Two workers and the web app, each with a line of its own to each server."""
    ports: dict[Server, int] = {
        "postgres": here.stack.postgres.port,
        "temporal": int(here.stack.temporal.address.rpartition(":")[2]),
    }
    starts: dict[str, Callable[..., Program]] = {
        "worker 1": here.worker,
        "worker 2": here.worker,
        "web": here.web,
    }
    with contextlib.ExitStack() as closing:
        programs, lines = {}, {}
        for name, start in starts.items():
            to = {server: closing.enter_context(Proxy(port)) for server, port in ports.items()}
            lines.update({f"{name} to {server}": proxy for server, proxy in to.items()})
            programs[name] = start(
                DATABASE_URL=here.through(to["postgres"].port),
                TEMPORAL_ADDRESS=f"127.0.0.1:{to['temporal'].port}",
            )
        yield programs, lines
        here.close()


def _watch(programs: dict[str, Program], seconds: float) -> int:
    """Keep programs running for so long; how many had ended by themselves."""
    end, gave_up = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(1)
        gave_up += keep_running(programs)
    return gave_up


def _until_quiet(here: Deployment) -> float | None:
    """Seconds until nothing waits for the relay; None: never."""
    with contextlib.suppress(AssertionError):
        return wait_for("the relay", lambda: here.value(UNDELIVERED) == 0, QUIET_WITHIN)
    return None


def main() -> int:
    """Run the campaign and print what came of it."""
    arguments = argparse.ArgumentParser(prog="python -m tests.faults.campaign")
    arguments.add_argument("--minutes", type=float, required=True)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--leads", type=int, default=100)
    arguments.add_argument("--json", action="store_true", help="also in one line of JSON")
    arguments.add_argument("--keep", type=Path, help="where its data is to stay")
    asked = arguments.parse_args()
    # As Ctrl-C: nothing is left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    clock = Clock(datetime.now(UTC), FACTOR)
    (mail_port,) = free_ports(1)
    settings = {
        "DEMO_TIME_FACTOR": str(clock.factor),
        "DEMO_TIME_EPOCH": clock.epoch.isoformat(),
        "EMAIL_CHANNEL": "smtp",
        "SMTP_PORT": str(mail_port),
        "SMTP_TLS": "none",
        "SENDGRID_WEBHOOK_PUBLIC_KEY": sendgrid_events.public(sendgrid_events.KEY),
        "SENDGRID_INBOUND_PASSWORD": INBOUND_PASSWORD,
        "CALCOM_WEBHOOK_SECRET": CALCOM_SECRET,
    }
    plan = Plan(asked.leads, asked.minutes * 60, asked.seed)
    with deployment(*POLICIES, **settings) as here:
        here.keep_in = asked.keep
        result = report(campaign(here, clock, mail_port, plan))
    sys.stdout.write(f"{table(result)}\n")
    if asked.json:
        sys.stdout.write(f"{json.dumps(result, ensure_ascii=False)}\n")
    return 0 if result["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
