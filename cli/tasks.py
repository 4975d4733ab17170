"""``tasks list|show|mail|done|snooze|reassign|bring-back``: people's work, at a terminal."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text
from sqlalchemy import Connection, Engine

import settings as settings_module
from cli.arguments import AsJson, done_by
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.facts import print_facts
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, plain, print_list
from cli.times import day_or_none, parse_time, shown_time
from domain.contracts.tasks import TaskKind
from domain.labels import DISPOSITIONS, WHY, label
from domain.refusals import Refusal
from domain.sales.opportunities import QUALIFICATION
from domain.tasks import rules
from domain.tasks.completion import Completion
from services import follow_up_mails, team
from services import tasks as services
from store.tasks import tasks
from store.views import task_lists
from store.views.dossier import dossier
from store.views.next_actions import next_actions
from store.views.task_lists import OpenTask, TaskDetail

app = group(
    "tasks list --owner rep-1",
    "tasks show 7",
    'tasks done 7 meeting_booked --at "2026-12-01 10:00"',
    'tasks snooze 7 8 9 "+2 hours"',
    "tasks reassign 7 8 9 --to rep-2",
)

DELIVERY_SECONDS = 3.0

TaskId = Annotated[int, typer.Argument(metavar="TASK", help="Its number in `tasks list`.")]
TaskIds = Annotated[
    list[int], typer.Argument(metavar="TASK...", help="One or more numbers in `tasks list`.")
]


def entered(**fields: Any) -> Completion:
    """A completion of what was written in the options.

    Raises:
        UserError: an option holds what can't be kept.
    """
    try:
        return Completion(**fields)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise UserError(f"--{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}.") from None


@app.command("list")
def list_tasks(
    owner: Annotated[str | None, typer.Option(help="Only this rep's, such as rep-1.")] = None,
    kind: Annotated[
        TaskKind | None, typer.Option(help="Only tasks of this kind, such as call.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the open tasks: hot leads, then the most urgent first."""
    with database().connect() as connection:
        found = task_lists.open_tasks(connection, owner, kinds=[kind] if kind else ())
    if printed(
        found, "/tasks", as_json=as_json, as_csv=as_csv, filters={"owner": owner, "kind": kind}
    ):
        return
    console = Console()
    if not found:
        console.print("No open tasks. New ones appear as leads are handed over.")
        return
    now = settings_module.get().clock().now()
    print_list(
        listed(
            ("Task", "Due", "Owner", "Who", "What"),
            (
                (
                    str(task.id),
                    _due(task, now),
                    task.owner or "-",
                    ", ".join(filter(None, (task.name or f"lead {task.lead_id}", task.company))),
                    task.title,
                )
                for task in found
            ),
            whole=("Task", "Due", "Owner"),
        )
    )


def _due(task: OpenTask, now: datetime) -> Text:
    """When a task is due; of a hot lead's, how much time is left. Late is red."""
    style = "red" if task.due_at < now else ""
    if not task.hot:
        due = plain(shown_time(task.due_at, now), style)
        if task.snoozed_until and (back_at := min(task.snoozed_until, task.due_at)) > now:
            due.append(f" (snoozed until {shown_time(back_at, now)})", "dim")
        return due
    minutes = math.ceil(abs(task.due_at - now) / timedelta(minutes=1))
    span = f"{minutes} min" if minutes < 120 else f"{minutes // 60:,} h"
    left = f"{span} {'late' if style else 'left'}"
    return Text.assemble(("HOT", "bold red"), " ", (left, style))


@app.command("show")
def show_task(task_id: TaskId, as_json: AsJson = False) -> None:
    """Show one task: who, why now, what to do, and what it may end with."""
    with database().connect() as connection:
        now = settings_module.get().clock().now()
        task = task_lists.detail(connection, task_id, now)
        history = dossier(connection, task.lead_id, now).summary if task else ""
        leads_to = _leads_to(connection, task) if task else {}
    if task is None:
        raise UserError(f"There is no task {task_id}; `tasks list` shows those there are.")
    if as_json:
        echo(json.dumps(asdict(task) | {"history": history, "leads_to": leads_to}, default=str))
        return
    _print_task(task, history, leads_to)


@app.command("mail")
def show_mail(
    task_id: TaskId,
    disposition: Annotated[
        str, typer.Argument(metavar="DISPOSITION", help="How the call ended, such as no_answer.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show the mail that goes out when a call ends like this; `tasks done` skips or changes it."""
    context = terminal()
    mail = follow_up_mails.look(context, operator(""), task_id, disposition)
    if mail is None:
        raise UserError(f"No mail goes out after '{disposition}'.")
    if as_json:
        echo(json.dumps(asdict(mail)))
        return
    lines: list[tuple[str, str | Text]] = [
        ("From", mail.sender),
        ("To", mail.recipient),
        ("Subject", mail.subject),
    ]
    if mail.stopped:
        lines.append(("Stopped", f"it will not go out: {mail.stopped}"))
    print_facts([*lines, ("Text", mail.text.strip())])


@app.command("snooze")
def snooze(
    task_ids: TaskIds,
    until: Annotated[
        str,
        typer.Argument(
            metavar="TIME",
            help="'+2 hours', '2026-05-04 10:00' in the lead's time zone, or ISO 8601 with an "
            "offset; not beyond the task's deadline.",
        ),
    ],
    by: Annotated[str, typer.Option(help="Who does it; the task's owner when left out.")] = "",
) -> None:
    """Put tasks off: they leave their owner's list until then and come back by themselves.

    Of several those stay that can't be put off, each with the reason; the exit code is 1 then.
    """
    context = terminal()
    now = context.clock.now()

    def put_off(task_id: int) -> str:
        task = _task(context.database, task_id, now)
        at = parse_time(until, task.time_zone, now, "TIME").astimezone(UTC)
        asking = operator(done_by(context.database, by, task.owner))
        services.snooze(context, asking, task_id, at)
        return f"Task {task_id} comes back {shown_time(at, now)}."

    _for_each(task_ids, put_off)


@app.command("reassign")
def reassign(
    task_ids: TaskIds,
    to: Annotated[
        str, typer.Option(help="Code of the rep who gets them; whoever's turn it is when left out.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who says so; you when left out.")] = "",
    only_check: Annotated[
        bool, typer.Option("--check", help="Show who would get what, and change nothing.")
    ] = False,
) -> None:
    """Give the leads of tasks to others, with all their open tasks and meetings; all or none."""
    context = terminal()
    now = context.clock.now()
    asking = operator(done_by(context.database, by, ""))
    leads = sorted({_task(context.database, task_id, now).lead_id for task_id in task_ids})
    console = Console()
    if only_check:
        for one in team.look_at_reassigning(context, asking, leads, to):
            console.print(
                f"{one.to or 'The unassigned queue'} would get {one.leads} of the leads, with "
                f"{one.tasks} tasks, {one.meetings} meetings, {one.opportunities} opportunities."
            )
        return
    if to:
        owners = dict.fromkeys(team.reassign(context, asking, leads, to), to)
    else:
        owners = dict(team.reassign_by_rules(context, asking, leads))
    for lead in leads:
        owner = owners.get(lead)
        console.print(
            f"Lead {lead} was {to}'s before."
            if owner is None
            else f"Lead {lead} is {owner}'s now."
            if owner
            else f"Lead {lead} waits in the unassigned queue: nobody may take it now."
        )


def _for_each(task_ids: Sequence[int], act: Callable[[int], str]) -> None:
    """Do something with each of some tasks, and tell of each what came of it; what is refused keeps
    no other from being done.

    Raises:
        UserError, Refusal: it is one task, and it was refused.
        typer.Exit: some of several were refused.
    """
    console = Console()
    chosen = list(dict.fromkeys(task_ids))
    if len(chosen) == 1:
        console.print(act(chosen[0]))
        return
    refused = 0
    for task_id in chosen:
        try:
            console.print(act(task_id))
        except (UserError, Refusal) as refusal:
            refused += 1
            console.print(f"Task {task_id} stays: {refusal}", style="red", markup=False)
    if refused:
        console.print(f"{refused} of {len(chosen)} tasks stay as they were.")
        raise typer.Exit(1)


@app.command("bring-back")
def bring_back(
    task_id: TaskId,
    by: Annotated[str, typer.Option(help="Who does it; the task's owner when left out.")] = "",
) -> None:
    """Have a task that is put off back on its owner's list now."""
    context = terminal()
    task = _task(context.database, task_id, context.clock.now())
    asking = operator(done_by(context.database, by, task.owner))
    was = services.bring_back(context, asking, task_id)
    Console().print(f"Task {task_id} {'is back' if was else 'was not put off'}.")


def _task(engine: Engine, task_id: int, now: datetime) -> TaskDetail:
    """A task.

    Raises:
        UserError: there is none.
    """
    with engine.connect() as connection:
        task = task_lists.detail(connection, task_id, now)
    if task is None:
        raise UserError(f"There is no task {task_id}; `tasks list` shows those there are.")
    return task


@app.command("done")
def finish_task(
    task_ids: TaskIds,
    disposition: Annotated[
        str,
        typer.Argument(metavar="DISPOSITION", help="How it ended: one that `tasks show` names."),
    ],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help=f"For {rules.TIMED}: '2026-05-04 10:00' in the "
            "lead's time zone, ISO 8601 with an offset, or '+2 days'.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help=f"A reason code, for {rules.REASONED}.")] = "",
    competitor: Annotated[str, typer.Option(help="Code of whom an opportunity was lost to.")] = "",
    note: Annotated[str, typer.Option(help="Anything worth keeping.")] = "",
    by: Annotated[str, typer.Option(help="Who did it; the task's owner when left out.")] = "",
    learned: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=TEXT", help=f"One of {', '.join(QUALIFICATION)}."),
    ] = None,
    until: Annotated[
        str,
        typer.Option(metavar="DATE", help=f"With {rules.DATED}: when the lead comes back."),
    ] = "",
    mail: Annotated[
        bool, typer.Option("--mail/--no-mail", help="Whether the mail after a call goes out.")
    ] = True,
    mail_subject: Annotated[
        str, typer.Option(metavar="TEXT", help="Another subject for the mail after this call.")
    ] = "",
    mail_text: Annotated[
        str, typer.Option(metavar="TEXT", help="Other words for it; `tasks mail` shows it.")
    ] = "",
) -> None:
    """Finish tasks with their disposition; their leads' journeys go on at once.

    Of several those stay that can't end like this, each with the reason; the exit code is 1 then.
    """
    context = terminal()
    now = context.clock.now()
    decided = {"skip": not mail, "subject": mail_subject, "text": mail_text}

    def finish(task_id: int) -> str:
        task = _task(context.database, task_id, now)
        completion = entered(
            disposition=disposition,
            at=parse_time(at, task.time_zone, now) if at else None,
            reason=reason,
            competitor=competitor,
            note=note,
            learned=learned_fields(learned or []),
            until=day_or_none(until, "--until"),
            mail=decided if any(decided.values()) else None,
        )
        asking = operator(done_by(context.database, by, task.owner))
        services.complete(context, asking, task_id, completion)
        one_of_many = len(set(task_ids)) > 1 or task.kind == TaskKind.TO_DO
        news = "" if one_of_many else _news_of(context.database, task_id)
        return f"Task {task_id} is done: {label(DISPOSITIONS, disposition)}. {news}".rstrip()

    _for_each(task_ids, finish)


def _news_of(engine: Engine, task_id: int) -> str:
    """What the journey made of it, as far as it is known within a few seconds."""
    outcome = ""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while not outcome and time.monotonic() < deadline:
        with engine.connect() as connection:
            outcome = tasks.delivery(connection, task_id)
        if not outcome:
            time.sleep(0.1)
    return {
        "delivered": "The lead's journey goes on.",
        "undeliverable": "It came late: the lead's journey had gone on without it.",
    }.get(outcome, "The lead's journey hears of it as soon as a worker runs.")


def learned_fields(pairs: list[str]) -> dict[str, str] | None:
    """What was learned of an opportunity, from FIELD=TEXT; None for nothing.

    Raises:
        UserError: there is no such field.
    """
    learned = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or name not in QUALIFICATION:
            raise UserError(
                f"--learned {pair}: write one of {', '.join(QUALIFICATION)} as FIELD=TEXT."
            )
        learned[name] = value
    return learned or None


def _leads_to(connection: Connection, task: TaskDetail) -> dict[str, str]:
    """What each disposition leads to, as far as the policy says."""
    found = next_actions(
        connection,
        lead_id=task.lead_id,
        kind=task.kind,
        attempt=task.attempt,
        dispositions=task.dispositions,
    )
    return {disposition: action.sentence for disposition, action in found.items()}


def _print_task(task: TaskDetail, history: str, leads_to: dict[str, str]) -> None:
    now = settings_module.get().clock().now()
    why = label(WHY, task.phase_reason)
    lines: list[tuple[str, str | Text]] = [
        ("Task", f"{task.id} · {task.title} ({task.state})"),
        ("Due", Text.assemble(_due(task, now), f", for {task.owner or 'anyone'}")),
        ("Lead", f"{task.lead_id} · {task.name or 'no name'}"),
        ("Company", " · ".join(part for part in (task.title_of_lead, task.company) if part)),
        ("Reach", " · ".join(part for part in (task.phone, task.email) if part)),
        ("Their time", shown_time(now, now, task.time_zone)),
        ("Why now", f"{why}, score {task.score} ({task.grade}), cycle {task.cycle}"),
        ("History", f"{history} (all of it: `dossier {task.lead_id}`)"),
        ("What", task.instructions),
        (
            "Ends with",
            "\n".join(
                f"{one}: {leads_to[one]}" if one in leads_to else one for one in task.dispositions
            )
            if leads_to
            else ", ".join(task.dispositions),
        ),
    ]
    if task.disposition:
        lines.append(("Ended with", label(DISPOSITIONS, task.disposition)))
    if task.late:
        lines.append(("Late", "the journey had gone on when this was finished"))
    print_facts(lines)
