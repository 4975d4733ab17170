"""``webhooks add|list|remove|test|log|resend``: which programs are told what happens."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import AsJson, Limit
from cli.connect import database, operator, terminal
from cli.errors import UserError, stderr
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.contracts.webhooks import EVENTS
from services import webhooks as services
from store.outbox import outgoing

LONGEST_SECONDS = 20.0
"""For how long a test is waited for: an attempt takes 15 seconds at most."""
LOOK_SECONDS = 0.2

app = group(
    "webhooks add https://crm.example/hook --events meeting.booked",
    "webhooks test https://crm.example/hook",
    "webhooks log --failed",
    "webhooks resend 31",
)

Url = Annotated[str, typer.Argument(metavar="URL", help="Such as https://crm.example/perennial.")]


@app.command("add")
def add(
    url: Url,
    events: Annotated[
        str,
        typer.Option(help=f"Separated by commas; all when left out. {', '.join(EVENTS)}."),
    ] = "",
) -> None:
    """Send events to an address and print the secret that verifies them, this once."""
    wanted = [name.strip() for name in events.split(",") if name.strip()]
    secret = services.add(terminal(), operator(), url, wanted)
    stderr.print("This secret verifies the signatures. It can't be shown again:", markup=False)
    echo(secret)


@app.command("list")
def list_(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the endpoints, those that were removed or switched off too."""
    with database().connect() as connection:
        found = outgoing.list_endpoints(connection)
    if printed(found, "/webhooks/endpoints", as_json=as_json, as_csv=as_csv, key="endpoints"):
        return
    if not found:
        Console().print("No endpoints. `starter.py webhooks add URL` adds one.")
        return
    print_list(
        listed(
            ("URL", "Events", "State"),
            (
                (
                    line.url,
                    ", ".join(line.events) or "all",
                    "active" if line.active else "removed" if line.removed else "paused",
                )
                for line in found
            ),
        )
    )


@app.command("remove")
def remove(url: Url) -> None:
    """Send nothing more to an address; its log stays."""
    services.remove(terminal(), operator(), url)
    Console().print(f"Nothing more is sent to {url}.", markup=False, soft_wrap=True)


@app.command("log")
def log(
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that were given up.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what was sent, the latest first, and what became of it."""
    with database().connect() as connection:
        found = outgoing.list_deliveries(connection, failed=failed, limit=limit)
    if printed(
        found,
        "/webhooks/deliveries",
        as_json=as_json,
        as_csv=as_csv,
        key="deliveries",
        filters={"failed": failed},
    ):
        return
    if not found:
        Console().print("Nothing has failed." if failed else "Nothing was sent yet.")
        return
    print_list(
        listed(
            ("Delivery", "At (UTC)", "Event and where to", "State", "Tries", "Answer"),
            (
                (
                    str(line.id),
                    f"{line.created_at:%Y-%m-%d\n%H:%M}",
                    f"{line.event_type} {line.event_id}\n{line.url}",
                    line.state,
                    str(line.attempts),
                    line.error or (str(line.status) if line.status else "-"),
                )
                for line in found
            ),
            whole=("Delivery", "State"),
        )
    )


@app.command("test")
def send_test(url: Url, as_json: AsJson = False) -> None:
    """Send an address the event webhook.test, and tell how it was answered within 20 seconds."""
    delivery = services.send_test(terminal(), operator(), url)
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        with database().connect() as connection:
            one = outgoing.find_delivery(connection, delivery)
        if one is None or one.status or one.error or time.monotonic() > until:
            break
        time.sleep(LOOK_SECONDS)
    if as_json:
        echo(json.dumps(asdict(one) if one else {}, default=str))
    elif one is None or not (one.status or one.error):
        raise UserError(
            f"Delivery {delivery} waits still: does a worker run? `webhooks log` tells later."
        )
    elif one.state != "delivered":
        raise UserError(f"Delivery {delivery}: {one.error}.")
    else:
        Console().print(f"Delivery {delivery} was answered with {one.status}.", markup=False)


@app.command("resend")
def resend(
    delivery: Annotated[
        int, typer.Argument(metavar="DELIVERY", help="Its number in `webhooks log`.")
    ],
) -> None:
    """Send an event again now, under the same webhook-id."""
    services.resend(terminal(), operator(), delivery)
    Console().print(f"Delivery {delivery} is sent again; `webhooks log` tells how that went.")
