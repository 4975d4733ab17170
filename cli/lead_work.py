"""``lead add|correct|note|log-call|log-mail|todo|mail|contact``: what people do by hand."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.arguments import AsJson, Who, lead_named
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.facts import print_facts
from cli.screen import Console, echo
from cli.times import parse_time, shown_time
from domain.contracts.journey import journey_id
from domain.lead_files.person import PERSON_FIELDS, PersonFields
from services import notes, persons, to_dos, written_mails
from services.written_mails import MailDraft
from store.lead_work.notes import CALL_OUTCOMES, Direction, Note, NoteKind
from store.lead_work.persons import Person
from store.views.leads import LeadLine

FirstName = Annotated[str | None, typer.Option(help="First name.")]
LastName = Annotated[str | None, typer.Option(help="Last name.")]
Title = Annotated[str | None, typer.Option(help="What they do, such as CTO.")]
Phone = Annotated[str | None, typer.Option(help="With its country's code.")]
Company = Annotated[str | None, typer.Option(help="Name of the company.")]
Country = Annotated[str | None, typer.Option(help="Code or name.")]
Language = Annotated[str | None, typer.Option(help="Code or name.")]
TimeZone = Annotated[str | None, typer.Option(help="Such as Europe/Berlin.")]
By = Annotated[str, typer.Option(help="Code of the rep in whose name it is done.")]
At = Annotated[
    str, typer.Option(metavar="TIME", help="When it was: '2026-05-04 10:00' in the lead's zone.")
]
Incoming = Annotated[bool, typer.Option("--incoming", help="The lead called or wrote, not we.")]
Text = Annotated[str, typer.Option(help="What is worth keeping of it.")]


def add(
    email: Annotated[str, typer.Argument(help="The lead's e-mail address.")],
    *,
    first_name: FirstName = None,
    last_name: LastName = None,
    title: Title = None,
    phone: Phone = None,
    company: Company = None,
    country: Country = None,
    language: Language = None,
    time_zone: TimeZone = None,
    cadence: Annotated[str, typer.Option(help="Its journey begins with this one.")] = "",
    owner: Annotated[str, typer.Option(help="Code of the rep whose it is.")] = "",
    source: Annotated[str, typer.Option(help="Where it comes from.")] = "",
    as_json: AsJson = False,
) -> None:
    """Enter a lead; with --cadence its journey begins, as that of an imported one does."""
    said = PersonFields(
        email=email,
        first_name=first_name,
        last_name=last_name,
        title=title,
        phone=phone,
        company=company,
        country=country,
        language=language,
        time_zone=time_zone,
    )
    made = persons.create(terminal(), operator(), said, cadence=cadence, owner=owner, source=source)
    _print_person(made, as_json=as_json)


def correct(
    who: Who,
    *,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    first_name: FirstName = None,
    last_name: LastName = None,
    title: Title = None,
    phone: Phone = None,
    company: Company = None,
    country: Country = None,
    language: Language = None,
    time_zone: TimeZone = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Correct who a lead is. It stays so whatever an import or a program says; '' says that there
    is none."""
    said = PersonFields(
        email=email,
        first_name=first_name,
        last_name=last_name,
        title=title,
        phone=phone,
        company=company,
        country=country,
        language=language,
        time_zone=time_zone,
    )
    if not said.said:
        raise UserError("Say what is to be corrected, such as --phone '+49 30 1234567'.")
    known = persons.correct(terminal(), operator(by), _lead(who).id, said)
    _print_person(known, as_json=as_json)


def note(who: Who, text: Annotated[str, typer.Argument(help="The note.")], by: By = "") -> None:
    """Write a note about a lead."""
    lead = _lead(who)
    context = terminal()
    notes.add(context, operator(by), lead.id, Note(NoteKind.NOTE, text, context.clock.now()))
    Console().print(f"The note is in the history of {journey_id(lead.id)}.")


def log_call(
    who: Who,
    outcome: Annotated[str, typer.Argument(help=f"One of {', '.join(CALL_OUTCOMES)}.")],
    *,
    incoming: Incoming = False,
    text: Text = "",
    at: At = "",
    by: By = "",
) -> None:
    """Log a call that happened elsewhere. One that a task asks for ends with `tasks done`."""
    _log(who, at, by, lambda when: Note(NoteKind.CALL, text, when, _way(incoming), outcome))


def log_mail(
    who: Who,
    subject: Annotated[str, typer.Argument(help="The mail's subject.")],
    *,
    incoming: Incoming = False,
    text: Text = "",
    at: At = "",
    by: By = "",
) -> None:
    """Log a mail that was written elsewhere."""
    _log(who, at, by, lambda when: Note(NoteKind.MAIL, text, when, _way(incoming), subject=subject))


def add_to_do(
    who: Who,
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    due: Annotated[
        str,
        typer.Option(metavar="TIME", help="'2026-05-04 10:00' in the lead's zone, or '+2 days'."),
    ],
    owner: Annotated[str, typer.Option(help="Code of the rep or manager whose it is.")],
    text: Annotated[str, typer.Option(help="More of it.")] = "",
) -> None:
    """Make a to-do about a lead; it is in its owner's list, and ends with `tasks done`."""
    lead, context = _lead(who), terminal()
    now = context.clock.now()
    due_at = parse_time(due, lead.time_zone, now, "--due")
    made = to_dos.add(
        context, operator(), lead.id, title=title, due_at=due_at, note=text, owner=owner
    )
    Console().print(f"Task {made.id} is {made.owner}'s, due {shown_time(made.due_at, now)}.")


def add_contact(
    who: Who,
    *,
    phone: Annotated[str, typer.Option(help="A further phone number.")] = "",
    email: Annotated[str, typer.Option(help="A further address; no mail goes to it.")] = "",
    label: Annotated[str, typer.Option(help="What it is called, such as mobile.")] = "",
    primary: Annotated[
        bool, typer.Option("--primary", help="Call or write there from now on.")
    ] = False,
) -> None:
    """Add a further way to reach a lead."""
    if bool(phone) == bool(email):
        raise UserError("Give either --phone or --email.")
    lead, context = _lead(who), terminal()
    kind, value = ("phone", phone) if phone else ("email", email)
    kept = persons.add_contact(context, operator(), lead.id, kind=kind, value=value, label=label)[
        -1
    ]
    if primary:
        persons.make_primary(context, operator(), lead.id, kept.id)
        Console().print(f"{journey_id(lead.id)} is reached at {kept.value} from now on.")
        return
    Console().print(f"{journey_id(lead.id)} can also be reached at {kept.value}.")


def write_mail(
    who: Who,
    *,
    template: Annotated[str, typer.Option(help="Name of a published mail to send.")] = "",
    subject: Annotated[str, typer.Option(help="The subject, in place of the template's.")] = "",
    text: Annotated[
        str,
        typer.Option(help="What it says, in place of the template's words; - reads it from stdin."),
    ] = "",
) -> None:
    """Send one mail to a lead in the name of its owner, tracked, and once."""
    lead = _lead(who)
    words = typer.get_text_stream("stdin").read() if text == "-" else text
    draft = MailDraft(subject, words, template, str(uuid.uuid4()))
    written_mails.send(terminal(), operator(), lead.id, draft)
    Console().print(
        f"The mail to {journey_id(lead.id)} goes out; `lead show {lead.id}` says what became of it."
    )


COMMANDS: dict[str, Callable[..., None]] = {
    "add": add,
    "correct": correct,
    "note": note,
    "log-call": log_call,
    "log-mail": log_mail,
    "todo": add_to_do,
    "contact": add_contact,
    "mail": write_mail,
}
"""The commands of ``lead`` that are here, by name."""


def _log(who: str, at: str, by: str, what: Callable[[Any], Note]) -> None:
    lead, context = _lead(who), terminal()
    now = context.clock.now()
    notes.add(
        context,
        operator(by),
        lead.id,
        what(parse_time(at, lead.time_zone, now) if at else now),
    )
    Console().print(f"It is in the history of {journey_id(lead.id)}.")


def _way(incoming: bool) -> Direction:
    return "in" if incoming else "out"


def _print_person(known: Person, *, as_json: bool) -> None:
    if as_json:
        echo(json.dumps(asdict(known), default=str, ensure_ascii=False))
        return
    entered = {name: " (entered)" if name in known.entered else "" for name in PERSON_FIELDS}
    lines = [("Lead", journey_id(known.lead_id))]
    lines += [
        (name.replace("_", " ").capitalize(), f"{getattr(known, name)}{entered[name]}")
        for name in PERSON_FIELDS
        if getattr(known, name)
    ]
    lines += [(one.label or one.kind, one.value) for one in known.contacts]
    lines += [(f"{one.source} said", f"{one.field} {one.value}") for one in known.claims]
    print_facts(lines)


def _lead(who: str) -> LeadLine:
    with database().connect() as connection:
        return lead_named(connection, who)
