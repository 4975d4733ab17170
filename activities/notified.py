"""What a message to a colleague says: what waits for them, or what their day holds."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from activities.weekly_figures import weekly_figures
from domain import labels
from domain.access import Role
from domain.labels import TASK_KINDS
from domain.notifications.kinds import NotificationKind
from domain.notifications.wording import Told, tell
from domain.time.shown import full_day, full_moment
from domain.translations.translator import Translator
from store.notifications.deliveries import StaffRecipient
from store.notifications.lines import NotificationLine
from store.views.morning import Morning, morning

MOST_LINES = 50
"""Things that a mail names; the rest is counted."""


@dataclass(frozen=True)
class StaffMessage:
    """A heading, and a line for each thing. ``more`` tells of those without a line."""

    heading: str
    lines: Sequence[Told]
    more: str = ""


def compose(
    database: Engine,
    whom: StaffRecipient,
    found: Sequence[NotificationLine],
    now: datetime,
    *,
    company_zone: str,
    most: int = MOST_LINES,
) -> StaffMessage:
    """The message that tells of these, in the language and the time zone of whom it is for.

    Args:
        found: a digest alone, or anything else.
        now: journey time, UTC.
        company_zone: whose weeks figures are of.
        most: how many lines it may have.
    """
    zone = whom.hours.time_zone if whom.hours else "UTC"
    if found[-1].kind == NotificationKind.DIGEST:
        return _digest(database, whom, now, zone)
    if found[-1].kind == NotificationKind.WEEKLY:
        with database.connect() as connection:
            return StaffMessage(*weekly_figures(connection, whom, now, company_zone))
    _ = Translator(whom.language)
    lines = [tell(one, whom.language, zone) for one in found]
    heading = lines[0].text
    if len(lines) > 1:
        heading = _.ngettext("{number} notification", "{number} notifications", len(lines))
    rest = len(lines) - most
    more = _.ngettext("and {number} more", "and {number} more", rest) if rest > 0 else ""
    return StaffMessage(heading, lines[:most], more)


def _digest(database: Engine, whom: StaffRecipient, now: datetime, zone: str) -> StaffMessage:
    here = now.astimezone(ZoneInfo(zone))
    ends = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    for_team = whom.role in (Role.MANAGER, Role.ADMIN)
    with database.connect() as connection:
        day = morning(connection, whom.rep, for_team=for_team, now=now, ends=ends)
    _ = Translator(whom.language)
    heading = _("Your day: {day}", day=full_day(here.date(), whom.language))
    return StaffMessage(heading, _lines_of(day, whom.language, ZoneInfo(zone)))


def _lines_of(day: Morning, language: str, zone: ZoneInfo) -> list[Told]:
    _ = Translator(language)
    told = []
    for meeting in day.meetings:
        at = full_moment(meeting.starts_at.astimezone(zone), language)
        who = _who(meeting.name, meeting.company, _)
        told.append(Told(_("Meeting: {who}", who=who), at, f"/leads/{meeting.lead_id}"))
    if day.open:
        waiting = _.ngettext("{number} task waits for you", "{number} tasks wait for you", day.open)
        late = _.ngettext("{number} is late", "{number} are late", day.late) if day.late else ""
        told.append(Told(waiting, late, "/inbox"))
    for task in day.tasks:
        what = task.title or _(labels.label(TASK_KINDS, task.kind))
        due = full_moment(task.due_at.astimezone(zone), language)
        text = _("{task}: {who}", task=what, who=_who(task.name, task.company, _))
        told.append(Told(text, _("by {time}", time=due), f"/tasks/{task.id}"))
    if day.team_late:
        late = _.ngettext("{number} task is late", "{number} tasks are late", day.team_late)
        told.append(Told(late, "", "/inbox?tab=team&late=1"))
    if day.unassigned:
        waiting = _.ngettext(
            "{number} lead waits for a rep", "{number} leads wait for a rep", day.unassigned
        )
        told.append(Told(waiting, "", "/inbox?tab=unassigned"))
    return told or [Told(_("Nothing waits for you."), "", "/")]


def _who(name: str, company: str, _: Translator) -> str:
    return _("{name} ({company})", name=name, company=company) if company else name


def as_text(message: StaffMessage, console: str, language: str) -> str:
    """The message as plain text.

    Args:
        console: address of the console, without a slash at its end.
    """
    lines = [
        "\n".join(part for part in (one.text, one.detail, console + one.path) if part)
        for one in message.lines
    ]
    return "\n\n".join(part for part in (*lines, message.more, _why(console, language)) if part)


def as_html(message: StaffMessage, console: str, language: str) -> str:
    """The same as HTML, escaped."""
    items = "".join(
        f'<li><a href="{html.escape(console + one.path)}">{html.escape(one.text)}</a>'
        + (f"<br>{html.escape(one.detail)}" if one.detail else "")
        + "</li>"
        for one in message.lines
    )
    more = f"<p>{html.escape(message.more)}</p>" if message.more else ""
    return (
        f'<html lang="{language}"><body><ul>{items}</ul>{more}'
        f"<p><small>{html.escape(_why(console, language))}</small></p></body></html>"
    )


def _why(console: str, language: str) -> str:
    _ = Translator(language)
    return _(
        "You get this because you have chosen so; {address} is where you change it.",
        address=f"{console}/you",
    )
