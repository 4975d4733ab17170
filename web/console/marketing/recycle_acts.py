"""What is decided about recycled leads: each asks first and says how many and what will happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from markupsafe import escape
from nicegui import ui

import services.recycle
from domain.refusals import Invalid
from domain.sentences import sentence
from services.recycle import RecycleDecided
from store.recycle.recycle_pool import PoolFilter
from web.console.forms import FormDialog, day_typed
from web.console.frame import say_done
from web.console.parts import show, sure
from web.console.visit import PageVisit
from web.console.words import _, ngettext

Then = Callable[[], Awaitable[None]]
MANY = 1000
"""Leads that take seconds."""


async def reactivate(visit: PageVisit, chosen: PoolFilter, number: int, then: Then) -> None:
    """Bring them back now."""
    question = ngettext("Reactivate 1 lead now?", "Reactivate {number} leads now?", number)
    happens = _("Each begins its next cycle in the cadence that the list shows, without a wait.")
    if await sure(f"{question} {happens}", _("Reactivate now"), danger=False):
        with _patience(number):
            done = await visit.act(services.recycle.reactivate_many, chosen)
        say_done(ngettext("1 lead comes back.", "{number} leads come back.", done.leads))
        _tell_left(done)
        await then()


async def close_out(visit: PageVisit, chosen: PoolFilter, number: int, then: Then) -> None:
    """Let them go."""
    question = ngettext("Close out 1 lead?", "Close out {number} leads?", number)
    happens = _(
        "Their journeys end and no cadence writes to them again. Who writes or books one day comes "
        "back all the same."
    )
    if await sure(f"{question} {happens}", _("Close out")):
        with _patience(number):
            done = await visit.act(services.recycle.close_out_many, chosen)
        say_done(ngettext("1 lead is closed out.", "{number} leads are closed out.", done.leads))
        _tell_left(done)
        await then()


async def extend(visit: PageVisit, chosen: PoolFilter, number: int, then: Then) -> None:
    """Let them rest longer."""
    first = visit.context.clock.now().date() + timedelta(days=2)
    question = ngettext("Let 1 lead rest longer?", "Let {number} leads rest longer?", number)
    with FormDialog(question) as form:
        happens = _(
            "Each comes back in the morning of that day by its own clock, also where another day "
            "was agreed. Who rests that long already stays as it is."
        )
        show(escape(happens), "p")
        until = ui.input(_("Until"), value=(first + timedelta(days=30)).isoformat())
        form.field("until", until.props(f"type=date stack-label min={first}"))

    async def save() -> tuple[RecycleDecided, date]:
        day = day_typed(until.value or "", "until")
        if day is None:
            raise Invalid(sentence("Choose a day."), "until")
        with _patience(number):
            return await visit.act(services.recycle.extend_many, chosen, day), day

    extended = await form.sent(_("Extend"), save)
    if extended is None:
        return
    done, day = extended
    say_done(
        ngettext(
            "1 lead rests until {day}.", "{number} leads rest until {day}.", done.leads, day=day
        )
    )
    _tell_left(done)
    await then()


@contextmanager
def _patience(number: int) -> Iterator[None]:
    """Say that it is under way, where it takes more than a moment."""
    told = (
        ui.notification(_("This takes a moment…"), spinner=True, timeout=None)
        if (number > MANY)
        else None
    )
    try:
        yield
    finally:
        if told is not None:
            told.dismiss()


def _tell_left(done: RecycleDecided) -> None:
    if done.left:
        ui.notify(
            ngettext(
                "1 lead stays as it is: it rests no more, or that long already.",
                "{number} leads stay as they are: they rest no more, or that long already.",
                done.left,
            )
        )
