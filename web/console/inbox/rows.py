"""The list of the inbox: its groups and rows, and what it says when it is empty."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from domain.contracts.tasks import TaskKind
from domain.tasks.wording import title_of
from store.views.inbox import InboxLine
from web.console import labels
from web.console.inbox.kinds import ICONS, name_of
from web.console.parts import badge, link, piece, quiet
from web.console.refusals import worded
from web.console.times import countdown, hour, weekday_time
from web.console.words import N_, _, ngettext

GROUPS = (
    N_("Hot"),
    N_("Late"),
    N_("Today"),
    N_("This week"),
    N_("Later"),
    N_("Snoozed"),
)
_ROWS = piece(
    """
    {% for group, lines in groups.items() %}
    <h2 id="group-{{ loop.index }}">{{ group }} <span class="quiet">{{ lines | length }}</span></h2>
    <ul aria-labelledby="group-{{ loop.index }}">
    {% for line in lines %}
    <li>
    {% if picks %}
    <input type="checkbox" data-pick="{{ line.id }}" aria-label="{{ choose(line.name) }}"
    {% if line.id in chosen %} checked{% endif %}>
    {% endif %}
    <a class="entry" href="/console/tasks/{{ line.id }}" data-task="{{ line.id }}"
    {% if line.id == context %} aria-current="true"{% endif %}>
    <span class="name">{{ line.name }}{% if line.hot %} {{ hot }}{% endif %}</span>
    {{ when(line) }}
    <span class="title">
    <i class="material-icons" aria-hidden="true">{{ icon(line) }}</i>{{ title(line) }}</span>
    <span class="quiet">{{ about(line, owners) }}</span>
    </a></li>
    {% endfor %}
    </ul>
    {% endfor %}
    """
)


def rows(
    lines: Sequence[InboxLine],
    *,
    now: datetime,
    zone: ZoneInfo,
    context: int,
    picks: bool,
    chosen: Collection[int],
    owners: bool,
) -> Markup:
    """The list: hot and late ones first, then by the reader's own days.

    Args:
        now: journey time, UTC.
        zone: of the reader.
        context: the task that is open.
        picks: whether each row can be ticked; ``chosen`` are.
        owners: whether each row says whose it is.
    """
    groups: dict[str, list[InboxLine]] = {}
    for line in lines:
        groups.setdefault(_(group_of(line, now, zone)), []).append(line)
    return _ROWS(
        groups=groups,
        context=context,
        picks=picks,
        chosen=chosen,
        owners=owners,
        hot=badge(_("Hot"), "bad"),
        choose=_choose,
        when=_when,
        icon=_icon,
        title=_title,
        about=_about,
    )


def group_of(line: InboxLine, now: datetime, zone: ZoneInfo) -> str:
    """Where a task stands in the list, one of :data:`GROUPS`; a week ends with its Sunday."""
    if line.snoozed_until is not None:
        return "Snoozed"
    if line.hot:
        return "Hot"
    if line.due_at < now:
        return "Late"
    today, due = now.astimezone(zone).date(), line.due_at.astimezone(zone).date()
    if due == today:
        return "Today"
    sunday = today + timedelta(days=6 - today.weekday())
    return "This week" if due <= sunday else "Later"


def nothing(sort: str, *, done: int, others: int, back_at: datetime | None) -> Markup:
    """What is said in place of an empty list.

    Args:
        sort: what the list is narrowed down to.
        done: how many tasks were done today.
        others: how many tasks of other sorts wait.
        back_at: when the next one that is put off comes back.
    """
    said = [
        ngettext("All done: 1 task today.", "All done: {number} tasks today.", done)
        if done
        else _("Nothing waits for you.")
    ]
    if others:
        said = [
            _("Nothing is left of: {sort}.", sort=name_of(sort)),
            ngettext("1 other task waits.", "{number} other tasks wait.", others),
        ]
    elif back_at is not None:
        said.append(_("The next one comes back {time}.", time=weekday_time(back_at)))
    else:
        said.append(_("New leads, calls that fall due and answers come here by themselves."))
    ways = [link(_("Look at leads"), "/leads"), link(_("Meetings"), "/meetings")]
    return Markup('<div class="empty done"><p><b>{}</b> {}</p><p>{}</p></div>').format(
        said[0], " ".join(said[1:]), Markup(" · ").join(ways)
    )


def _when(line: InboxLine) -> Markup:
    if line.snoozed_until is None:
        return countdown(line.due_at)
    back = _("back {time}", time=hour(line.snoozed_until))
    return Markup('<time class="quiet" datetime="{}" title="{}">{}</time>').format(
        line.snoozed_until.isoformat(), weekday_time(line.snoozed_until), back
    )


def _icon(line: InboxLine) -> str:
    does = "call" if line.facts.get("does") == "call" else ""
    return ICONS.get(does or line.kind, "task_alt")


def _title(line: InboxLine) -> str:
    return worded(title_of(line.kind, line.attempt, line.facts, line.title))


def _about(line: InboxLine, owners: bool) -> str:
    """Kind and company, in a list of several people's work whose it is, and how it came from a
    colleague."""
    is_call = line.facts.get("does") == "call"
    kind = labels.task_kind(TaskKind.CALL if is_call else line.kind)
    owner = labels.person(line.owner) if owners else ""
    came = labels.came_by(line.came, line.came_from)
    return " · ".join(part for part in (kind, line.company, owner, came) if part)


def _choose(name: str) -> str:
    return _("Choose {name}", name=name)


def done_today(number: int) -> Markup:
    """How many tasks were done today; nothing for none."""
    if not number:
        return Markup()
    said = ngettext("1 done today", "{number} done today", number)
    return Markup(
        '<p class="done-today"><i class="material-icons" aria-hidden="true">done_all</i>{}</p>'
    ).format(quiet(said))
