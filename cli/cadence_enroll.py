"""``cadence enroll|enrollments|undo-enrollment``: leads enrolled by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.arguments import AsJson, Limit, lead_named
from cli.connect import Terminal, database, operator, terminal
from cli.errors import UserError
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.labels import WHY_NOT, label
from services import enrollments as services
from services.enrollment_forecast import EnrollmentForecast
from services.enrollments import Enrolling, LeadsByFilter, LeadsByIds, Selection
from store.journeys import enrollment_runs
from store.views.lead_search import LeadFilter

SEVERAL = ("stage", "phase", "owner", "grade", "country", "source", "cadence", "segment", "without")
YES_OR_NO = ("recycled", "suppressed")
FILTERS = ("search", *SEVERAL, *YES_OR_NO)
"""What leads can be filtered by here, as in ``/api/leads``."""


def enroll(
    cadence: Annotated[str, typer.Argument(metavar="CADENCE")],
    ids: Annotated[
        list[str] | None, typer.Option("--ids", help="Ids or addresses; commas between several.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A file with an id or address on each line; - is stdin.")
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="All that are like that, such as country=KR; repeat it."),
    ] = None,
    replaces: Annotated[
        bool, typer.Option("--replace", help="Take leads out of other cadences for it.")
    ] = False,
    per_hour: Annotated[int | None, typer.Option(min=1, help="How many enter an hour.")] = None,
    per_day: Annotated[int | None, typer.Option(min=1, help="How many enter a day.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the page of a lead says so.")] = "",
    key: Annotated[str, typer.Option(help="Asked again with the same, it is one run.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Enroll leads in a published cadence, all at once or at a pace."""
    context = terminal()
    asked = Enrolling(
        leads=_selection(context, ids or [], file, filters or []),
        replaces=replaces,
        per_hour=per_hour,
        per_day=per_day,
        reason=reason,
        key=key,
    )
    say = Console(highlight=False).print
    if dry_run:
        with context.database.connect() as connection:
            would = services.dry_run(connection, context, cadence, asked)
        if as_json:
            echo(json.dumps(asdict(would), default=str, ensure_ascii=False))
        else:
            _show(would)
        return
    run = services.enroll(context, operator(), cadence, asked)
    if as_json:
        echo(json.dumps(asdict(run), default=str, ensure_ascii=False))
        return
    say(f"Run {run.id}: {_leads(run.waiting)} of {run.selected:,} chosen enter {cadence}.")
    _show_reasons(run.left_out)
    say(f"Until the first touch, `cadence undo-enrollment {run.id}` takes them back.")


def enrollments(
    cadence: Annotated[str, typer.Option(help="Only those into it.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List who, or what, had leads enter which cadence, the latest first."""
    with database().connect() as connection:
        runs = enrollment_runs.list_runs(connection, cadence=cadence, limit=limit)
    if printed(runs, "/enrollments", as_json=as_json, as_csv=as_csv, filters={"cadence": cadence}):
        return
    if not runs:
        Console().print("Nobody has enrolled leads yet: `cadence enroll` does.")
        return
    print_list(
        listed(
            ("Run", "Cadence", "Begun (UTC)", "By", "Entered", "To come", "Stay out", "Undone"),
            (
                (
                    str(run.id),
                    run.cadence,
                    f"{run.at:%Y-%m-%d %H:%M}",
                    run.by or f"{run.way} {run.what}".strip(),
                    f"{run.entered:,}",
                    f"{run.waiting + run.on_the_way:,}",
                    f"{run.stays_out:,}",
                    f"{run.dropped + run.going_back + run.back:,}" if run.undone_at else "-",
                )
                for run in runs
            ),
            whole=("Run", "Begun (UTC)"),
            right=("Entered", "To come", "Stay out", "Undone"),
        )
    )


def undo_enrollment(run: Annotated[int, typer.Argument(min=1, metavar="RUN")]) -> None:
    """Undo a run: leads that were not touched yet go back where they were."""
    done = services.undo(terminal(), operator(), run)
    said = f"{_leads(done.dropped)} had not entered, {_leads(done.going_back)} go back"
    Console(highlight=False).print(f"{said}, {_leads(done.stay)} stay.")


def _selection(
    context: Terminal, ids: Sequence[str], file: Path | None, filters: Sequence[str]
) -> Selection:
    given = [bool(ids), file is not None, bool(filters)]
    if sum(given) != 1:
        raise UserError("Say which leads: with one of --ids, --file and --filter.")
    if filters:
        return LeadsByFilter(_filter(filters))
    named = _written(file) if file is not None else _split(ids)
    with context.database.connect() as connection:
        return LeadsByIds([lead_named(connection, one).id for one in named])


def _written(file: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} can't be read ({type(error).__name__}).") from None
    return _split(text.splitlines())


def _split(written: Iterable[str]) -> list[str]:
    return [one.strip() for part in written for one in part.split(",") if one.strip()]


def _filter(filters: Sequence[str]) -> LeadFilter:
    """The filter that ``country=KR`` and the like say.

    Raises:
        UserError: something is no filter.
    """
    found: dict[str, Any] = {}
    for one in filters:
        name, is_one, value = one.partition("=")
        if not is_one or name not in FILTERS:
            raise UserError(f"--filter {one}: write one of {', '.join(FILTERS)}, '=' and a value.")
        if name in YES_OR_NO:
            if value not in ("true", "false"):
                raise UserError(f"--filter {one}: write true or false.")
            found[name] = value == "true"
        elif name in SEVERAL:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return LeadFilter(**found)


def _show(would: EnrollmentForecast) -> None:
    say = Console(highlight=False).print
    say(f"{_leads(would.entering)} of {would.selected:,} would enter {would.cadence}.")
    if would.at_rest:
        say(f"{_leads(would.at_rest)} of them rest now.")
    for cadence, number in would.replaces.items():
        say(f"{_leads(number)} would be taken out of {cadence}.")
    _show_reasons({one.why: one.leads for one in would.stays_out})
    if would.first_mails:
        print_list(
            listed(
                ("First mails (UTC)", "Leads"),
                ((f"{one.at:%Y-%m-%d %H:%M}", f"{one.mails:,}") for one in would.first_mails),
                whole=("First mails (UTC)",),
                right=("Leads",),
            )
        )
    for code, number in would.languages.items():
        say(f"{_leads(number)} would be written to in {code}.")
    for code, number in would.other_languages.items():
        say(f"{_leads(number)} of them of language {code}, in which there are no mails.")
    if would.last_entry and would.last_entry != would.first_entry:
        say(f"The last one would enter on {would.last_entry:%Y-%m-%d %H:%M} UTC.")


def _show_reasons(reasons: Mapping[str, int]) -> None:
    for why, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        Console(highlight=False).print(f"  {number:,} not: {label(WHY_NOT, why).lower()}")


def _leads(number: int) -> str:
    return f"{number:,} {'lead' if number == 1 else 'leads'}"
