"""``/console/cadences/new`` and ``/console/cadences/{name}/edit``: a cadence is written."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from sqlalchemy import Connection

from domain.access import Action
from domain.consent.policy import ConsentPolicy
from domain.refusals import Missing
from domain.sales.recycle import KNOWN_REASONS
from store.published.mail_choices import mail_choices
from store.published.policies import PolicyMissing, policy
from store.publishing.known_attributes import attribute_names
from store.views.cadence_figures import CadenceStanding, leads_on_steps
from web.console.marketing.drawing import Drawing
from web.console.marketing.editor import Editor
from web.console.marketing.starting_points import BEGINNING
from web.console.pages import console_page
from web.console.visit import PageVisit
from web.console.words import N_, _

START = BEGINNING.rstrip() + " []\n"


@console_page("/cadences/new", Action.PUBLISH, N_("New cadence"))
async def new_cadence(visit: PageVisit) -> None:
    """A cadence that is begun."""
    await _write(visit, "")


@console_page("/cadences/{name}/edit", Action.PUBLISH, N_("Edit cadence"))
async def edit_cadence(visit: PageVisit, name: str) -> None:
    """A cadence that is published, as a text to change."""
    await _write(visit, name)


async def _write(visit: PageVisit, name: str) -> None:
    start = START.format(name="my-cadence", purpose=_("Whom it is for, and what it is to achieve."))
    drawing = Drawing(
        visit,
        await visit.read(leads_on_steps, name) if name else CadenceStanding({}, {}),
        await visit.read(mail_choices),
        *await visit.read(_choices),
    )
    editor = Editor(visit, "cadence", name, start, follower=drawing, merge=drawing.merge)
    await editor.load()
    if name and not editor.versions and not editor.draft:
        raise Missing(_("The cadence '{name}' is not published.", name=name))
    with ui.element("div").classes("writing drawn"):
        with ui.element("div").classes("stack"):
            drawing.build(editor.text, editor.put)
        with ui.element("div").classes("stack"):
            editor.build()


def _choices(connection: Connection) -> tuple[dict[str, Sequence[str]], list[str]]:
    """What conditions ask for, by what it stands under, and the topics of mail."""
    known: dict[str, Sequence[str]] = {
        path: sorted(names) for path, names in attribute_names(connection).items()
    }
    known["reason"] = sorted(KNOWN_REASONS)
    try:
        return known, sorted(policy(connection, ConsentPolicy).topics)
    except PolicyMissing:
        return known, []
