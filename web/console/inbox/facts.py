"""What a task's screen tells of the lead: who, why now, what to say, and the dossier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from markupsafe import Markup

from domain.contracts.tasks import TaskKind
from domain.sales.opportunities import missing
from domain.tasks.wording import instructions_of, title_of
from domain.time.window import is_business_day, zone
from services.talk_tracks import Talk
from store.views.dossier import Dossier, DossierMail
from store.views.inbox import TaskView
from web.console import labels
from web.console.inbox.typed import ASKED
from web.console.leads.reach import reach_by
from web.console.parts import Cell, badge, facts, link, quiet
from web.console.refusals import worded
from web.console.times import ago, clock_there, countdown, full_day, moment, weekday_time
from web.console.words import _, ngettext

OFFICE = range(8, 18)
"""Hours of the lead's day in which a call is welcome."""
SHOWN = 6
"""How many lines a list of the dossier has at most."""


def heading(view: TaskView) -> str:
    """What is to be done, in a line."""
    task = view.task
    if task.kind == TaskKind.CALL:
        attempt = _("attempt {number}", number=task.attempt)
        return f"{labels.task_kind(task.kind)} · {attempt}"
    if task.kind in (TaskKind.QUALIFY, TaskKind.MEETING_OUTCOME):
        return labels.task_kind(task.kind)
    return worded(title_of(task.kind, task.attempt, task.facts, task.title))


def who(view: TaskView, now: datetime, dial_url: str = "") -> Markup:
    """The lead, how to reach them, and what time it is there. ``dial_url`` is the pattern of the
    company's softphone, '' for none."""
    task = view.task
    title = ", ".join(part for part in (task.title_of_lead, task.company) if part)
    there = now.astimezone(zone(task.time_zone))
    asleep = not is_business_day(there.date(), view.country) or there.hour not in OFFICE
    clock = clock_there(task.time_zone)
    clock = (
        _("{time} there, outside working hours", time=clock)
        if asleep
        else _("{time} there", time=clock)
    )
    return Markup(
        '<div class="who"><div><h2 tabindex="-1">{}</h2><p>{}</p>'
        '<p class="marks">{}{}{}{}</p></div>'
        '<div class="due">{}</div></div><p class="reach">{}{}</p>'
    ).format(
        link(task.name or task.email, f"/leads/{task.lead_id}"),
        title or _("No company known"),
        badge(heading(view)),
        badge(_("Hot"), "bad") if task.hot else "",
        badge(labels.stage(view.dossier.lead.stage)),
        badge(came, "warn") if (came := labels.came_by(view.came, view.came_from)) else "",
        countdown(task.due_at) if task.state == "open" else "",
        reach_by(
            task.phone,
            task.email,
            f"/console/dial/{task.id}" if dial_url else "",
            tab=dial_url.startswith("http"),
        ),
        badge(clock, "warn" if asleep else "quiet"),
    )


def why_now(view: TaskView) -> Markup:
    """What brought the lead here, its grade, and what it did last."""
    task = view.task
    lines = [
        (_("Why"), labels.reason(task.phase_reason)),
        (_("Came from"), _came_from(view)),
        (_("Score"), _interest_and_fit(view)),
        (_("Last seen"), _last_seen(view.dossier)),
        (_("Meeting"), weekday_time(view.meeting_at) if view.meeting_at else ""),
        (_("Asks to hear again from"), full_day(view.later) if view.later else ""),
        (_("Away until"), full_day(view.away_until) if view.away_until else ""),
        (_("Cycle"), str(task.cycle) if task.cycle > 1 else ""),
        (_("Owner"), labels.person(task.owner) or _("Nobody")),
    ]
    if view.opportunity is not None:
        lines.append((_("Opportunity"), labels.opportunity_stage(view.opportunity.stage)))
        open_points = [_(ASKED[name]) for name in missing(view.opportunity.known)]
        lines.append((_("Not known yet"), ", ".join(open_points)))
    return facts(lines)


def _came_from(view: TaskView) -> str:
    given = view.handed_over
    return f"{labels.person(given.previous)}, {labels.cause(given.cause)}" if given else ""


def _interest_and_fit(view: TaskView) -> Markup:
    """The points, and in a tooltip what the grade means that is made of both."""
    meant = _(
        "Grade {grade}: how well the lead fits, from A to D, and how much interest it shows, from "
        "1, the most, to 4.",
        grade=view.task.grade,
    )
    said = _(
        "Interest {points}, fit {letter}",
        points=f"{view.task.score:,}",
        letter=view.dossier.score.fit.letter,
    )
    return Markup('<span title="{}">{}</span>').format(meant, said)


def instructions(view: TaskView) -> Markup:
    """How to go about it; empty where the ways to end the task say all."""
    task = view.task
    said = instructions_of(task.kind, task.facts, task.written)
    return Markup().join(
        Markup('<p class="instructions">{}</p>').format(worded(one)) for one in said
    )


def script(talk: Talk) -> Markup:
    """What to say, line by line; nothing where nobody wrote it."""
    items = Markup().join(Markup("<li>{}</li>").format(line) for line in talk.lines)
    said = Markup('<ol class="script" lang="{}">{}</ol>').format(talk.language, items)
    return said if items else Markup()


def snippets(talk: Talk) -> Markup:
    """What can be copied, each with a button that does; nothing where there is nothing."""
    items = Markup().join(
        Markup(
            '<li><b>{}</b> <button type="button" class="copy" data-copy="{}">{}</button>'
            "<p>{}</p></li>"
        ).format(one.name, one.text, _("Copy"), one.text)
        for one in talk.snippets
    )
    told = Markup('<details class="snippets-list"><summary>{}</summary><ul>{}</ul></details>')
    return told.format(_("Snippets"), items) if items else Markup()


def dossier_parts(view: TaskView) -> list[tuple[str, Markup]]:
    """The dossier, as titles and lists; what is empty is left out."""
    known = view.dossier
    parts = [
        (_("To send"), _rows((link(one.title, one.url), "") for one in known.content)),
        (_("Score"), _score(known)),
        (
            _("Pages and forms"),
            _rows(
                (one.what + (f" ×{one.times}" if one.times > 1 else ""), moment(one.last))
                for one in known.seen[:SHOWN]
            ),
        ),
        (
            _("Mails"),
            _newest((_mail(one) for one in known.mails[::-1]), known.totals.mails),
        ),
        (_("What sales said"), _newest(_said(view), known.totals.feedback)),
        (
            _("Earlier cycles"),
            _newest(_ended(known), known.totals.cycles - len(known.cycles) + len(_ended(known))),
        ),
        (
            _("Won at accounts like this"),
            _rows(
                (f"{one.account}: {', '.join(map(_alike, one.alike))}", "") for one in known.similar
            ),
        ),
    ]
    return [(title, rows) for title, rows in parts if rows]


def _alike(trait: str) -> str:
    """What an account has in common with the lead's, which comes as the trait's name and value."""
    name, _separator, value = trait.partition(" ")
    return labels.country(value) if name == "country" else value


def _last_seen(known: Dossier) -> str:
    if not known.seen:
        return ""
    return f"{known.seen[0].what}, {ago(known.seen[0].last)}"


def _rows(pairs: Iterable[tuple[Cell, Cell]]) -> Markup:
    lines = Markup().join(
        Markup("<li><span>{}</span>{}</li>").format(what, quiet(when) if when else "")
        for what, when in pairs
    )
    return Markup('<ul class="rows">{}</ul>').format(lines) if lines else Markup()


def _newest(pairs: Iterable[tuple[Cell, Cell]], total: int) -> Markup:
    """The first of these lines, and how many of ``total`` are not shown."""
    shown = list(pairs)[:SHOWN]
    left = total - len(shown)
    return _rows([*shown, (quiet(_("… {number} more", number=f"{left:,}")), "")] if left else shown)


def _score(known: Dossier) -> Markup:
    score = known.score
    fit = (_("Fit {letter}", letter=score.fit.letter), f"{score.fit.points:+}")
    return _rows(
        [
            fit,
            *(
                (
                    ngettext(
                        "{rule}, once",
                        "{rule}, {number} times",
                        one.times,
                        rule=labels.rule(one.rule),
                    ),
                    f"{one.left:+.0f}",
                )
                for one in score.interest[:SHOWN]
                if one.times
            ),
        ]
    )


def _mail(mail: DossierMail) -> tuple[Markup, Markup]:
    did = (
        badge(_("answered"), "good")
        if mail.answered
        else badge(_("clicked"), "good")
        if mail.clicked
        else badge(_("opened"))
        if mail.opened
        else ""
    )
    return Markup("{} {}").format(mail.what, did), moment(mail.sent_at)


def _ended(known: Dossier) -> list[tuple[Cell, Cell]]:
    return [
        (
            _("Cycle {number}: {reason}", number=one.cycle, reason=labels.reason(one.reason)),
            moment(one.ended),
        )
        for one in known.cycles[::-1]
        if one.ended
    ]


def _said(view: TaskView) -> list[tuple[Markup, Markup]]:
    return [
        (
            Markup("{}: {} {}").format(
                labels.person(one.by),
                _("accepted") if one.verdict == "accepted" else _("returned"),
                labels.reason(one.reason) if one.reason else "",
            ),
            moment(one.at),
        )
        for one in view.dossier.feedback[::-1]
    ]
