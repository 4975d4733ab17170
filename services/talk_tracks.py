"""What to say to a lead, and what to paste, as content.yaml has it: filled in for one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection

from domain.contracts.tasks import TaskKind
from domain.email.rendering import RenderError, render_words
from domain.email.sender import RepCard, card_of
from domain.sales.content import ContentPolicy
from domain.sentences import sentence
from domain.time.shown import how_long_ago, short_moment
from domain.time.window import zone
from domain.translations.translator import Translator
from mail.merge import lead_fields
from mail.text import owner_fields
from services.access import found, may_see_task
from services.context import Context
from store.access.api_tokens import Caller
from store.published.policies import PolicyMissing, policy
from store.routing.lead_facts import lead_traits, mail_lead
from store.views import inbox
from store.views.inbox import TaskView


@dataclass(frozen=True)
class SnippetText:
    """A few sentences to paste."""

    name: str
    text: str


@dataclass(frozen=True)
class Talk:
    """What to say in a task, line by line in ``language``, and what to paste. Nothing where nobody
    wrote anything for a lead like this; ``name`` is that of the talk track."""

    name: str = ""
    language: str = ""
    lines: tuple[str, ...] = ()
    snippets: tuple[SnippetText, ...] = ()


def look(context: Context, caller: Caller, task_id: int) -> Talk:
    """What to say in a task; times are by the lead's clock.

    Raises:
        Missing: there is no such task for this caller.
    """
    now = context.clock.now()
    with context.database.connect() as connection:
        may_see_task(connection, caller, task_id)
        view = found(
            inbox.view(connection, task_id, now),
            sentence("There is no task {task}.", task=task_id),
        )
        return talk(connection, view, now, reader=UTC, language="en")


def talk(
    connection: Connection, view: TaskView, now: datetime, *, reader: tzinfo, language: str
) -> Talk:
    """What to say in a task that is looked at.

    Args:
        now: journey time, UTC.
        reader: the time zone of who reads it: a time by another clock is marked as the lead's.
        language: of who reads it, for that mark; the lines are in the lead's.
    """
    try:
        content = policy(connection, ContentPolicy)
    except PolicyMissing:
        return Talk()
    lead = lead_traits(connection, view.task.lead_id).lead_facts()
    is_call = view.task.facts.get("does") == "call"
    kind = TaskKind.CALL if is_call else TaskKind(view.task.kind)
    chosen = content.talk_track(lead, kind, now)
    spoken = chosen[1] if chosen else "en"
    fields = _fields(connection, view, now, spoken=spoken, mark=_mark(reader, language, view, now))
    lines = chosen[0].say[spoken] if chosen else []
    suiting = content.snippets_for(lead, now)
    snippets = [SnippetText(name, _said(text, fields)) for name, text in suiting]
    return Talk(
        chosen[0].name if chosen else "",
        spoken if chosen else "",
        tuple(filter(None, (_said(line, fields) for line in lines))),
        tuple(one for one in snippets if one.text),
    )


def _said(words: str, fields: Mapping[str, Any]) -> str:
    """A text filled in; '' for one that can't be, of which there are none that were checked."""
    try:
        return render_words(words, fields)
    except RenderError:
        return ""


def _mark(reader: tzinfo, language: str, view: TaskView, now: datetime) -> str:
    """What follows a time by the lead's clock; nothing where the reader's shows the same."""
    theirs = now.astimezone(zone(view.task.time_zone)).utcoffset()
    if theirs == now.astimezone(reader).utcoffset():
        return ""
    _ = Translator(language)
    mark = _("their time")
    return f" ({mark})"


def _fields(
    connection: Connection, view: TaskView, now: datetime, *, spoken: str, mark: str
) -> dict[str, Any]:
    lead = found(
        mail_lead(connection, view.task.lead_id),
        sentence("There is no task {task}.", task=view.task.id),
    )
    seen = view.dossier.seen[0] if view.dossier.seen else None
    read = [one for one in view.dossier.mails if one.opened or one.clicked or one.answered]
    free = [times[len(times) // 2] for times in list(view.slots.values())[:2]]
    there = zone(view.task.time_zone)
    times = [short_moment(at.astimezone(there), spoken) + mark for at in free]
    first, second = times if len(times) == 2 else ("", "")
    return {
        "lead": lead_fields(lead),
        "owner": owner_fields(card_of(lead.owner) or RepCard("", "")),
        "visit": {
            "what": seen.what if seen else "",
            "when": how_long_ago(seen.last, now, spoken) if seen else "",
        },
        "mail": {"subject": read[-1].what if read else ""},
        "times": {"first": first, "second": second},
        "link": lambda url: url,
    }
