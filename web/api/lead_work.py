"""``/api/leads``: leads entered and corrected by hand, and what people write down of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, Strict
from sqlalchemy import Connection

from domain.access import Action
from domain.email.letter import LONGEST_LETTER, LONGEST_SUBJECT
from domain.inputs import ASKED, Code, Instant
from domain.lead_files.person import PersonFields
from domain.lead_files.row import LIMITS
from domain.sentences import sentence
from domain.tasks.completion import LONGEST_NOTE
from services import notes, persons, to_dos, written_mails
from services.access import found, may_see
from services.written_mails import MailDraft
from store.access.api_tokens import Caller
from store.lead_work.notes import Direction, Note, NoteKind, NoteLine, notes_of
from store.lead_work.persons import OtherContact, Person, person_of
from store.views.task_lists import TaskDetail
from web.api.access import CurrentContext, may
from web.api.inputs import Id
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_id

router = APIRouter(tags=["leads"])
Reader = Annotated[Caller, Depends(may(Action.READ_LEADS))]
Editor = Annotated[Caller, Depends(may(Action.EDIT_LEADS))]
Writer = Annotated[Caller, Depends(may(Action.WRITE_MAIL))]
Doer = Annotated[Caller, Depends(may(Action.COMPLETE_TASKS))]


class NewLead(PersonFields):
    """A lead to enter. ``cadence`` is the one with which its journey begins, '' for none; ``owner``
    the rep whose it is, an SDR's own rep without saying so."""

    cadence: Code = ""
    owner: Code = ""
    source: str = Field(default="", max_length=LIMITS["source"])


class NewNote(BaseModel):
    """What is to be written down. A call has a direction and an outcome, a mail a direction and a
    subject."""

    model_config = ASKED

    kind: Annotated[NoteKind, Strict(False)] = NoteKind.NOTE
    text: str = Field(default="", max_length=LONGEST_NOTE)
    direction: Direction = ""
    outcome: Code = Field(default="", description="Of a call: a disposition such as connected.")
    subject: str = Field(default="", max_length=LONGEST_SUBJECT)
    at: Instant | None = Field(default=None, description="When it happened; now when left out.")


class NewToDo(BaseModel):
    """What somebody wants to do about a lead; ``owner`` is a rep or manager, the caller's own rep
    when left out."""

    model_config = ASKED

    title: str = Field(max_length=300)
    due_at: Instant
    note: str = Field(default="", max_length=LONGEST_NOTE)
    owner: Code = ""


class ToDoChange(BaseModel):
    """What is to be different in a to-do; what is left out stays."""

    model_config = ASKED

    title: str | None = Field(default=None, max_length=300)
    due_at: Instant | None = None
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)


class NewContact(BaseModel):
    """A further phone number or address of a lead."""

    model_config = ASKED

    kind: Literal["phone", "email"]
    value: str = Field(min_length=1, max_length=320)
    label: str = Field(default="", max_length=100)


class NewMail(BaseModel):
    """A mail to one lead: a subject and a text, or the name of a template. With a template subject
    and text stand in for its own; those left out stay. A second request with the same ``request``
    is the same mail."""

    model_config = ASKED

    subject: str = Field(default="", max_length=LONGEST_SUBJECT)
    text: str = Field(default="", max_length=LONGEST_LETTER)
    template: Code = ""
    request: Code = ""


class MailQueued(BaseModel):
    """A mail that goes out; ``key`` is that of its touch."""

    mail_id: int
    key: str


class MailAsSent(BaseModel):
    """A mail as the lead would get it."""

    subject: str
    text: str
    html: str
    words: str = Field(
        description="What `text` of a mail that is written may stand in for, in plain paragraphs."
    )


class Contacts(BaseModel):
    """The further ways to reach a lead."""

    contacts: list[OtherContact]


@router.post("/leads", status_code=201, operation_id="create_lead")
def create(context: CurrentContext, caller: Editor, body: NewLead) -> Person:
    """Enter a lead; it is judged and begins its journey as one of a file does. An address or phone
    number that a lead has is refused with that lead's id."""
    return persons.create(
        context, caller, body, cadence=body.cadence, owner=body.owner, source=body.source.strip()
    )


@router.patch("/leads/{lead_id}", operation_id="correct_lead")
def correct(context: CurrentContext, caller: Editor, lead_id: int, body: PersonFields) -> Person:
    """Correct who a lead is. What is given stays until somebody gives something else, whatever an
    import or a program says; what those say is in ``claims``."""
    return persons.correct(context, caller, lead_id, body)


@router.get("/leads/{lead_id}/person", operation_id="get_person")
def show_person(context: CurrentContext, caller: Reader, lead_id: int) -> Person:
    """Who a lead is, which fields people entered, and what others said of those since."""
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
        known = person_of(connection, lead_id)
    return found(known, sentence("There is no lead {lead}.", lead=lead_id))


@router.get("/leads/{lead_id}/notes", operation_id="list_notes")
def list_notes(
    context: CurrentContext,
    caller: Reader,
    lead_id: int,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[NoteLine]:
    """What people wrote down of a lead, the last written first."""

    def read(connection: Connection, before: int | None, limit: int) -> Sequence[NoteLine]:
        may_see(connection, caller, lead_id)
        return notes_of(connection, lead_id, before=before, limit=limit)

    return page_by_id(context, f"notes of lead {lead_id}", cursor, limit, read)


@router.post("/leads/{lead_id}/notes", status_code=201, operation_id="create_note")
def add_note(context: CurrentContext, caller: Editor, lead_id: int, body: NewNote) -> NoteLine:
    """Write something down of a lead, or a call or mail that happened elsewhere. It changes nothing
    but the history: a call that a task asks for is ended with its task."""
    at = body.at or context.clock.now()
    note = Note(body.kind, body.text, at, body.direction, body.outcome, body.subject)
    return notes.add(context, caller, lead_id, note)


@router.delete("/leads/{lead_id}/notes/{note_id}", operation_id="remove_note")
def remove_note(context: CurrentContext, caller: Editor, lead_id: int, note_id: int) -> Done:
    """Remove one's own note; managers and admins remove any."""
    notes.remove(context, caller, lead_id, note_id)
    return Done(detail=f"Note {note_id} is gone.")


@router.post("/leads/{lead_id}/to-dos", status_code=201, operation_id="create_to_do")
def add_to_do(context: CurrentContext, caller: Doer, lead_id: int, body: NewToDo) -> TaskDetail:
    """Keep what somebody wants to do about a lead: a task in their inbox that no journey waits for,
    ended like any other with ``done`` or ``cancelled``."""
    return to_dos.add(
        context,
        caller,
        lead_id,
        title=body.title,
        due_at=body.due_at,
        note=body.note,
        owner=body.owner,
    )


@router.patch("/tasks/{task_id}", operation_id="update_to_do", tags=["tasks"])
def change_to_do(
    context: CurrentContext, caller: Doer, task_id: int, body: ToDoChange
) -> TaskDetail:
    """Change a to-do, or put it off. Other tasks are due when what was promised is."""
    return to_dos.change(
        context, caller, task_id, title=body.title, note=body.note, due_at=body.due_at
    )


@router.post("/leads/{lead_id}/contacts", status_code=201, operation_id="create_contact")
def add_contact(
    context: CurrentContext, caller: Editor, lead_id: int, body: NewContact
) -> Contacts:
    """Keep a further phone number or address; no mail goes to it until it is made the lead's."""
    return Contacts(
        contacts=persons.add_contact(
            context, caller, lead_id, kind=body.kind, value=body.value, label=body.label
        )
    )


@router.delete("/leads/{lead_id}/contacts/{contact_id}", operation_id="remove_contact")
def remove_contact(context: CurrentContext, caller: Editor, lead_id: int, contact_id: Id) -> Done:
    """Forget a further phone number or address."""
    persons.remove_contact(context, caller, lead_id, contact_id)
    return Done(detail=f"Contact {contact_id} is gone.")


@router.post("/leads/{lead_id}/contacts/{contact_id}/primary", operation_id="make_contact_primary")
def make_primary(context: CurrentContext, caller: Editor, lead_id: int, contact_id: Id) -> Person:
    """Have the lead called, or written to, there from now on. What it refused stays refused."""
    return persons.make_primary(context, caller, lead_id, contact_id)


@router.post("/leads/{lead_id}/mails", status_code=202, operation_id="write_mail")
def write_mail(context: CurrentContext, caller: Writer, lead_id: int, body: NewMail) -> MailQueued:
    """Send one mail to a lead in the name of its owner, tracked, and once. The lead's history says
    what became of it."""
    draft = MailDraft(body.subject, body.text, body.template, body.request)
    mail = written_mails.send(context, caller, lead_id, draft)
    return MailQueued(mail_id=mail.mail_id, key=mail.key)


@router.get("/leads/{lead_id}/mail-preview", operation_id="preview_mail")
def preview_mail(
    context: CurrentContext, caller: Writer, lead_id: int, template: Code
) -> MailAsSent:
    """A template of marketing's as the lead would get it now, with links that do nothing."""
    with context.database.connect() as connection:
        look = written_mails.preview(
            connection, context, caller, lead_id, MailDraft(template=template)
        )
    mail = look.mail
    return MailAsSent(subject=mail.subject, text=mail.text, html=mail.html, words=look.words)
