"""``/console/cadences/new`` and ``/console/cadences/{name}/edit``: a cadence is written."""

from __future__ import annotations

from nicegui import ui

from domain.access import Action
from domain.refusals import Missing
from store.publishing.publishing import Checked
from store.views.cadence_figures import CadenceStanding, leads_on_steps
from web.console.marketing.course import Course
from web.console.marketing.editor import Editor
from web.console.pages import console_page
from web.console.parts import section, show
from web.console.visit import PageVisit
from web.console.words import N_, _

START = """\
cadence: my-cadence
description: >-
  {purpose}
topic: nurture
window:
  days: [tue, wed, thu]
  from: "09:00"
  to: "16:30"
steps:
  - email: welcome-1-checklist
  - wait: 3 business days
  - branch:
      if: engagement.clicks > 0
      then:
        - task:
            title: {call}
            kind: call
            due: 2 business days
      else:
        - email: welcome-2-three-numbers
"""


@console_page("/cadences/new", Action.PUBLISH, N_("New cadence"))
async def new_cadence(visit: PageVisit) -> None:
    """A cadence that is begun."""
    await _write(visit, "")


@console_page("/cadences/{name}/edit", Action.PUBLISH, N_("Edit cadence"))
async def edit_cadence(visit: PageVisit, name: str) -> None:
    """A cadence that is published, as a text to change."""
    await _write(visit, name)


async def _write(visit: PageVisit, name: str) -> None:
    start = START.format(
        purpose=_("Whom it is for, and what it is to achieve."),
        call=_("Call about what the lead read"),
    )
    drawing = Drawing(await visit.read(leads_on_steps, name) if name else CadenceStanding({}, {}))
    editor = Editor(visit, "cadence", name, start, drawing.draw)
    await editor.load()
    if name and not editor.versions and not editor.draft:
        raise Missing(_("The cadence '{name}' is not published.", name=name))
    with ui.element("div").classes("writing"):
        with ui.element("div").classes("stack"):
            editor.build()
        with ui.element("div"), section(_("How it runs")):
            drawing.place = ui.element("div")


class Drawing:
    """The cadence as it is written now, drawn beside its text."""

    place: ui.element

    def __init__(self, standing: CadenceStanding) -> None:
        self.standing = standing

    async def draw(self, checked: Checked) -> None:
        """Draw what has no mistakes; until the next such text it stays as it is."""
        self.place.clear()
        with self.place:
            for _text, cadence in checked.cadences.values():
                show(Course(cadence, checked.languages, self.standing.steps).drawn())
