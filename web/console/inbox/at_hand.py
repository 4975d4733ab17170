"""What a task's screen lets people mend on the spot: a call without a number, a to-do's time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from nicegui import ui

import services.persons
import services.to_dos
from domain.lead_files.person import PersonFields
from domain.refusals import Refusal
from store.views.task_lists import TaskDetail
from web.console.forms import time_field, time_typed
from web.console.frame import say_done
from web.console.parts import button
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _

Changed = Callable[[], Awaitable[None]]


def ask_for_phone(visit: PageVisit, lead_id: int, changed: Changed) -> None:
    """A field for the number of a lead that is to be called and has none."""

    async def save() -> None:
        said = PersonFields(phone=field.value or "")
        try:
            await visit.act(services.persons.correct, lead_id, said)
        except Refusal as refusal:
            field.error = told(str(refusal))
            return
        await changed()

    with ui.element("div").classes("stack"):
        field = ui.input(_("Phone")).props("outlined dense type=tel")
        with ui.element("div").classes("acts"):
            button(_("Save the number"), save)


def put_off(visit: PageVisit, task: TaskDetail, changed: Changed) -> None:
    """Ways to put a to-do off: to tomorrow, to next week, or to another time."""
    now = visit.context.clock.now().astimezone(visit.zone)
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)

    async def move(days: int) -> None:
        await visit.act(services.to_dos.change, task.id, due_at=morning + timedelta(days=days))
        await done()

    async def done() -> None:
        say_done(_("Put off."))
        await changed()

    async def choose() -> None:
        own.error = None
        due_at = time_typed(visit, own.value or "")
        if due_at is None:
            own.error = _("Say by when.")
            return
        try:
            await visit.act(services.to_dos.change, task.id, due_at=due_at)
        except Refusal as refusal:
            own.error = told(str(refusal))
            return
        await done()

    with ui.element("div").classes("stack"):
        with ui.element("div").classes("acts"):
            button(_("Tomorrow"), lambda: move(1))
            button(_("In a week"), lambda: move(7))
        own = time_field(_("Another time, by your clock"), visit, task.due_at)
        own.props("outlined dense")
        with ui.element("div").classes("acts"):
            button(_("Put it off"), choose)
