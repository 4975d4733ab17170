"""``/console/system``: what runs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from markupsafe import Markup, escape
from nicegui import ui
from sqlalchemy import Connection

import services.sending
from domain.access import Action
from domain.contracts.journey import Phase
from domain.time.shown import clock
from health.checks import Check, State
from store.engine import AWAY
from web.console import labels
from web.console.frame import say_done
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, button, facts, quiet, section, show, table
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _
from web.console.workflow_links import RUNNING, SAVED_VIEWS, queue_link, view_link

EVERY_SECONDS = 5.0
QUEUE = "queue_"
"""What the name of the check of a task queue begins with."""
STATES: dict[State, tuple[str, Tone]] = {
    State.OK: (N_("Good"), "good"),
    State.UNKNOWN: (N_("Not known"), "plain"),
    State.WARN: (N_("Look at it"), "warn"),
    State.BAD: (N_("Bad"), "bad"),
}
"""State of a check → what it is called, and its colour."""


@console_page("/system", Action.READ_SYSTEM, N_("System"))
async def system(visit: PageVisit) -> None:
    """All checks, the worst first, looked at anew while the page is open."""
    summary = show(Markup(), "p").props('role="status"')
    listed = show(Markup()).classes("checks")

    async def resume() -> None:
        await visit.act(services.sending.resume)
        say_done(_("Mail goes on."))
        await refresh()

    with visit.top:
        go_on = button(_("Have mail go on"), resume)

    if visit.context.settings.temporal_ui_url:
        with section(_("In the Temporal UI")):
            show(_views(visit))

    async def refresh() -> None:
        # That the database is away is what the checks say; this page is for such times.
        with suppress(*AWAY):
            await visit.read(_nothing)
        checks = await visit.context.watch.checks()
        summary.set_content(_summary(visit, checks))
        listed.set_content(_table(visit, checks))
        paused = any(one.name == "sending" and one.state == State.BAD for one in checks)
        go_on.set_visibility(paused and visit.may(Action.RESUME_SENDING))

    await refresh()
    ui.timer(EVERY_SECONDS, refresh)


def _nothing(_connection: Connection) -> None:
    """What is read of the database here; reading it shows that they may still see the page."""


def _summary(visit: PageVisit, checks: Sequence[Check]) -> Markup:
    states = [check.state for check in checks]
    if State.BAD in states:
        words = _("Something is wrong and needs somebody now.")
    elif State.WARN in states:
        words = _("Everything moves; something should be looked at.")
    else:
        words = _("Everything is as it should be.")
    now = clock(datetime.now(UTC).astimezone(visit.zone), visit.language, "medium")
    return Markup("<strong>{}</strong> {}").format(words, quiet(_("Looked at {time}.", time=now)))


def _views(visit: PageVisit) -> Markup:
    """Lists of workflows that ops look at again and again, by phase too."""
    settings = visit.context.settings
    views = [view_link(settings, _(name), query) for name, query in SAVED_VIEWS.items()]
    phases = [
        view_link(settings, labels.phase(one), f"{RUNNING} AND WorkflowType = '{one}'")
        for one in Phase
    ]
    return facts(
        {_("Workflows"): Markup(" · ").join(views), _("Journeys"): Markup(" · ").join(phases)}
    )


def _table(visit: PageVisit, checks: Sequence[Check]) -> Markup:
    order = list(State)
    ranked = sorted(checks, key=lambda check: -order.index(check.state))
    return table(
        (_("State"), _("What"), _("What there is, and what to do")),
        [_row(visit, check) for check in ranked],
        caption=_("System"),
    )


def _row(visit: PageVisit, check: Check) -> tuple[Cell, ...]:
    name, tone = STATES[check.state]
    title: Cell = told(check.title)
    if check.name.startswith(QUEUE):
        title = queue_link(
            visit.context.settings, told(check.title), check.name.removeprefix(QUEUE)
        )
    advice = Markup("<p>{}</p>").format(_with_code(told(check.advice))) if check.advice else ""
    return (
        badge(_(name), tone),
        title,
        Markup("<div><p>{}</p>{}</div>").format(quiet(told(check.said)), advice),
    )


def _with_code(sentence: str) -> Markup:
    """What stands between backticks is to be typed."""
    parts = sentence.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
