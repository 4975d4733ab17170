"""``sending status|resume``: whether mail goes out, and having it go on."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Console

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import database
from cli.groups import group
from cli.on_record import author, on_record
from cli.tables import listed, print_list
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
    """Have mail go on from where it stood, because what was wrong is mended."""
    with database().begin() as connection:
        now = settings_module.get().clock().now()
        ended = sending.resume(connection, author(), now)
        if ended:
            on_record(connection, "POST", "/api/system/sending/resume")
    Console().print("Mail goes on." if ended else "Sending is not paused.")
