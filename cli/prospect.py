"""``prospect``: leads that sales chose itself go straight into the follow-up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.errors import UserError
from cli.screen import Console, echo
from services.journeys import prospect as queue
from store.routing.prospects import Prospected

REFUSED = 2


def prospect(
    leads: Annotated[
        list[str] | None,
        typer.Argument(metavar="LEAD", help="Ids, lead-IDs or e-mail addresses."),
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A text file with one lead a line.")
    ] = None,
    owner: Annotated[
        str, typer.Option(help="The rep who calls them, such as rep-1; routed when left out.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who chose them; the owner when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Call leads that have shown no interest yet, by the outbound rules of follow-up.yaml.

    They need no qualification, for sales chose them. Import them with --no-start first.
    """
    chosen = [*(leads or []), *(_lines(file) if file else [])]
    if not chosen:
        raise UserError("Nobody was named: write ids or addresses, or --file with one a line.")
    done = queue(terminal(), operator(by or owner), chosen, owner)
    if as_json:
        refused = [{"lead": name, "why": why} for name, why in done.refused]
        echo(json.dumps({"queued": done.queued, "refused": refused}, ensure_ascii=False))
    else:
        _tell(done)
    if done.refused:
        raise typer.Exit(REFUSED)


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"There is no file {file}: check the name and the folder.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is not UTF-8: save it so, with one lead a line.") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _tell(done: Prospected) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if done.queued:
        many = f"{len(done.queued):,} leads are" if len(done.queued) > 1 else "1 lead is"
        console.print(f"{many} queued for calls; the first go on the list within minutes.")
    for name, why in done.refused:
        console.print(f"Not {name}: {why}", markup=False)
