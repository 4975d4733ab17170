"""``python -m tests.faults.campaign --minutes 30 [--seed N] [--leads 300] [--json]``

Exit code 1 if anything that was acknowledged is lost, doubled or stuck.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.access import Role
from settings import Clock
from store.api_tokens import create_token
from tests.faults.campaign.faults import Faults, keep_running
from tests.faults.campaign.players import REPS, Book, Mailbox, Plan, Players
from tests.faults.campaign.tally import stuck, tally
from tests.faults.deployment import Deployment, deployment, free_ports, wait_for
from tests.faults.proxy import Proxy

FACTOR = 3600.0
QUIET_WITHIN = 180.0
UNDELIVERED = "SELECT count(*) FROM relay_message WHERE outcome = ''"
CADENCE = Path(__file__).with_name("again.yaml")


def campaign(here: Deployment, clock: Clock, mail_port: int, asked: argparse.Namespace) -> Any:
    """Play, with faults, and count."""
    book = Book(here.home / "book.log")
    mailbox = Mailbox(mail_port)
    mailbox.start()
    with here.database.begin() as connection:
        tokens = {rep: create_token(connection, rep, Role.SDR, rep) for rep in REPS}
    with Proxy(here.stack.postgres.port) as proxy:
        through = here.through(proxy.port)
        programs = {
            "worker 1": here.worker(DATABASE_URL=through),
            "worker 2": here.worker(),
            "web": here.web(DATABASE_URL=through),
        }
        seconds = asked.minutes * 60
        plan = Plan(asked.leads, seconds, asked.seed)
        players = Players(here, book, mailbox, tokens=tokens, clock=clock, plan=plan)
        faults = Faults(here, programs, proxy, asked.seed)
        players.start()
        time.sleep(10)
        faults.start()
        end = time.monotonic() + seconds
        gave_up = 0
        while time.monotonic() < end:
            time.sleep(1)
            gave_up += keep_running(programs)
        faults.stop()
        keep_running(programs)
        time.sleep(15)
        players.stop()
        # The faults have broken the connections that were kept.
        here.database.dispose()
        quiet = _until_quiet(here)
        at_the_end = stuck(here)
        found = tally(here, book, mailbox) | at_the_end
        mailbox.stop()
    states = here.rows("SELECT state, count(*) AS touches FROM touch GROUP BY state")
    return {
        "seed": asked.seed,
        "faults": len(faults.log),
        "faults a minute": round(len(faults.log) / asked.minutes, 1),
        "faults by kind": faults.counts(),
        "programs that gave up": gave_up,
        "acknowledged": {kind: len(keys) for kind, keys in book.acknowledged.items()},
        "mails": sum(len(times) for times in mailbox.mails.values()),
        "touches": {one.state: one.touches for one in states},
        "longest silence": round(_longest_silence(mailbox), 1),
        "quiet after": quiet,
        "wrong": {what: len(which) for what, which in found.items()},
        "which": {what: which[:10] for what, which in found.items() if which},
        "failures": [repr(one) for one in (*players.failures, *faults.failures)],
    }


def _until_quiet(here: Deployment) -> float | None:
    """Seconds until nothing waits for the relay; None: never."""
    try:
        return round(wait_for("the relay", lambda: here.value(UNDELIVERED) == 0, QUIET_WITHIN), 1)
    except AssertionError:
        return None


def _longest_silence(mailbox: Mailbox) -> float:
    times = sorted(at for each in mailbox.mails.values() for at in each)
    return max((b - a for a, b in itertools.pairwise(times)), default=0.0)


def main() -> int:
    """Run the campaign and print what came of it."""
    arguments = argparse.ArgumentParser(prog="python -m tests.faults.campaign")
    arguments.add_argument("--minutes", type=float, required=True)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--leads", type=int, default=300)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    clock = Clock(datetime.now(UTC), FACTOR)
    (mail_port,) = free_ports(1)
    settings = {
        "DEMO_TIME_FACTOR": str(clock.factor),
        "DEMO_TIME_EPOCH": clock.epoch.isoformat(),
        "EMAIL_CHANNEL": "smtp",
        "SMTP_PORT": str(mail_port),
        "SMTP_TLS": "none",
    }
    with deployment(CADENCE, **settings) as here:
        result = campaign(here, clock, mail_port, asked)
    if asked.json:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    else:
        for what, figure in result.items():
            sys.stdout.write(f"{what:22} {figure}\n")
    good = not any(result["wrong"].values()) and not result["failures"]
    return 0 if good and result["quiet after"] is not None else 1


if __name__ == "__main__":
    sys.exit(main())
