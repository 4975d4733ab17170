"""What somebody writes down of a lead: notes, and calls and mails that happened elsewhere."""

from __future__ import annotations

from domain.access import Action, Role
from domain.refusals import Forbidden, Invalid
from domain.sentences import sentence
from services.access import changes, found, may_see
from services.context import Context
from store.access.api_tokens import Caller
from store.lead_work import notes
from store.lead_work.notes import CALL_OUTCOMES, Note, NoteKind, NoteLine


@changes(Action.EDIT_LEADS, "POST /leads/{lead_id}/notes", keep=("kind", "direction", "outcome"))
def add(context: Context, caller: Caller, lead_id: int, note: Note) -> NoteLine:
    """Write something down of a lead. It changes nothing but its history: a call that a task asks
    for is ended with that task.

    Raises:
        Missing: there is no such lead for this caller.
        Invalid: it says nothing, or lies in the future, or what kind of call or mail is unclear.
    """
    now = context.clock.now()
    if note.kind == NoteKind.NOTE and not note.text.strip():
        raise Invalid(sentence("Write what is to be kept."), "text")
    if note.kind != NoteKind.NOTE and not note.direction:
        raise Invalid(
            sentence("Say who called or wrote: out for us, in for the lead."), "direction"
        )
    if note.kind == NoteKind.CALL and note.outcome not in CALL_OUTCOMES:
        raise Invalid(
            sentence(
                "Say how the call went: {dispositions}.",
                dispositions=[str(one) for one in CALL_OUTCOMES],
            ),
            "outcome",
        )
    if note.kind == NoteKind.MAIL and not note.subject.strip():
        raise Invalid(sentence("A mail needs a subject."), "subject")
    if note.at > now:
        raise Invalid(sentence("This lies in the future: what is to come is a to-do."), "at")
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        return notes.add_note(connection, lead_id, note, caller.by, now)


@changes(Action.EDIT_LEADS, "DELETE /leads/{lead_id}/notes/{note_id}")
def remove(context: Context, caller: Caller, lead_id: int, note_id: int) -> None:
    """Forget what was written down of a lead.

    Raises:
        Missing: there is no such note for this caller.
        Forbidden: a colleague wrote it, and the caller is no manager or admin.
    """
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        note = found(
            notes.find_note(connection, lead_id, note_id), sentence("There is no such note.")
        )
        if note.by != caller.by and caller.role not in (Role.MANAGER, Role.ADMIN):
            raise Forbidden(
                sentence(
                    "{who} wrote this: they, a manager or an admin can remove it.", who=note.by
                )
            )
        notes.remove_note(connection, note_id)
