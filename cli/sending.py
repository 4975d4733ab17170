"""``sending status|resume``: whether mail goes out, and having it go on."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Console

from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.groups import group
from cli.tables import listed, print_list
from services.sending import resume as go_on
from store.mail import sending

app = group(
    "sending status",
    "sending resume",
)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Say which channels send nothing, and why."""
    with database().connect() as connection:
        paused = sending.open_pauses(connection)
    if as_json:
        print(json.dumps({"paused": [asdict(one) for one in paused]}, default=str))
        return
    if not paused:
        Console().print("Mail goes out.")
        return
    print_list(
        listed(
            ("Channel", "Since", "Reason", "What was said", "Next try"),
            (
                (
                    one.channel,
                    f"{one.opened_at:%Y-%m-%d %H:%M} UTC",
                    one.reason.replace("_", " "),
                    one.detail,
                    f"{one.probe_at:%H:%M} UTC",
                )
                for one in paused
            ),
        )
    )


@app.command("resume")
def resume() -> None:
    """Have mail go on from where it stood, because what was wrong is fixed."""
    ended = go_on(terminal(), operator())
    Console().print("Mail goes on." if ended else "Sending is not paused.")
