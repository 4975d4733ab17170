"""``form list|show|publish|submissions|release``: hosted forms, and what was sent by them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import cli.cadence
import services.forms
from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from store.forms.lists import list_forms, list_submissions

app = group(
    "form publish",
    "form show demo-request",
    "form submissions demo-request --spam",
    "form release 42",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a form.")]


@app.command("list")
def list_(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the forms that are published, with what came of each in the last thirty days."""
    with database().connect() as connection:
        lines = list_forms(connection, terminal().clock.now())
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "open": one.open,
            "languages": ",".join(one.languages),
            "enters": one.enters,
            **asdict(one.counts),
        }
        for one in lines
    ]
    if printed(rows, "/forms", as_json=as_json, as_csv=as_csv, key="forms"):
        return
    if not lines:
        echo("No form is published: `starter.py form publish` publishes cadences/forms.yaml.")
        return
    numbers = ("Opened", "Sent", "Spam", "Turned away")
    print_list(
        listed(
            ("Form", "Title", "Languages", *numbers),
            (
                (
                    one.name if one.open else f"{one.name} (closed)",
                    one.title,
                    ", ".join(one.languages),
                    f"{one.counts.views:,}",
                    f"{one.counts.taken:,}",
                    f"{one.counts.spam:,}",
                    f"{one.counts.turned_away:,}",
                )
                for one in lines
            ),
            right=numbers,
        )
    )


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show where a form is, and what to put into a page of another site."""
    context = terminal()
    form = services.forms.published_form(context, name)
    page, code = services.forms.page_of(context, name), services.forms.embed_code(context, name)
    frame = services.forms.frame_code(context, form)
    if as_json:
        definition = form.model_dump(mode="json")
        told = {"definition": definition, "page": page, "embed_code": code, "frame_code": frame}
        echo(json.dumps(told, ensure_ascii=False))
        return
    echo(f"Page: {page}")
    echo(f"Asks for: {', '.join(one.field for one in form.fields)}")
    echo(f"Enters: {form.enters or 'no cadence'}")
    if not form.origins:
        echo("No site may show it within its pages: name some under 'origins:'.")
        return
    echo(f"May stand in pages of: {', '.join(form.origins)}\n\n{code}\n\nOr without script:")
    echo(f"\n{frame}")


@app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(show_default="cadences/forms.yaml")] = cli.cadence.CADENCES
    / "forms.yaml",
) -> None:
    """Publish the forms, as `cadence publish` does."""
    cli.cadence.publish([file])


@app.command("submissions")
def submissions(
    name: Name,
    spam: Annotated[
        bool, typer.Option("--spam", help="What was kept apart, and waits for somebody's word.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what was sent by a form, the newest first."""
    with database().connect() as connection:
        lines = list_submissions(connection, name, spam=spam, limit=limit)
    rows = [asdict(one) for one in lines]
    path = f"/forms/{name}/submissions"
    if printed(rows, path, as_json=as_json, as_csv=as_csv, key="submissions"):
        return
    if not lines:
        echo("Nothing was kept apart." if spam else "Nothing was sent by it yet.")
        return
    print_list(
        listed(
            ("Number", "Sent (UTC)", "State", "Answers"),
            (
                (
                    str(one.id),
                    f"{one.at:%Y-%m-%d %H:%M}",
                    f"{one.state}: {one.suspicion}" if one.suspicion else one.state,
                    "; ".join(f"{field}: {value}" for field, value in one.answers.items() if value),
                )
                for one in lines
            ),
            right=("Number",),
            whole=("Sent (UTC)",),
        )
    )


@app.command("release")
def release(
    number: Annotated[int, typer.Argument(min=1, help="As `form submissions --spam` has it.")],
) -> None:
    """Say that what was kept apart is no spam: it is taken as of when it was sent."""
    services.forms.release(terminal(), operator(), number)
    Console().print(f"Submission {number} is taken.")
