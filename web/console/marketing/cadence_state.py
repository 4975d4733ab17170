"""A cadence paused and resumed, archived and back: buttons, dialogs, what its page
says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

import services.cadences
from domain.access import Action
from services.cadences import ArchivingForecast
from store.published.cadence_states import CadenceStatus
from web.console import labels
from web.console.forms import FormDialog
from web.console.parts import button, link, show, sure
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import _, ngettext


def state_buttons(visit: PageVisit, name: str, status: CadenceStatus) -> None:
    """What the visitor may do about the state of a cadence."""
    if not visit.may(Action.RUN_CADENCES):
        return
    if status.archived_at:
        button(_("Unarchive"), _then(partial(visit.act, services.cadences.unarchive, name)))
        return
    if status.paused_at:
        button(_("Resume"), _then(partial(visit.act, services.cadences.resume, name)))
    else:
        button(_("Pause"), partial(_pause, visit, name))
    button(_("Archive"), partial(_archive, visit, name))


def tell_state(status: CadenceStatus) -> None:
    """Say that a cadence is paused or archived, since when and by whom."""
    if status.archived_at:
        said = _("Archived. Nobody enters it any more.")
        if status.taking_out:
            said = _("Archived. Nobody enters it any more, and the leads in it are taken out.")
        _tell(said, Markup("{} {}").format(moment(status.archived_at), _who(status.archived_by)))
    if status.paused_at:
        said = _("Paused. Its mails and tasks wait until somebody resumes it.")
        _tell(said, Markup("{} {}").format(moment(status.paused_at), _who(status.paused_by)))


async def _pause(visit: PageVisit, name: str) -> None:
    details = _(
        "Nothing is sent and no task opens until you resume it. Waits run on, answers count, and "
        "leads may still enter. What has become due then goes at the next opening of the window."
    )
    if await sure(_("Pause {cadence}?", cadence=name), _("Pause"), danger=False, details=details):
        await visit.act(services.cadences.pause, name)
        ui.navigate.reload()


async def _archive(visit: PageVisit, name: str) -> None:
    would = await visit.read(services.cadences.archiving, name)
    if would.policies or would.keys:
        await sure(
            _("{cadence} can't be archived yet.", cadence=name), "", details=_named_in(would)
        )
        return
    with FormDialog(_("Archive {cadence}", cadence=name)) as form:
        show(
            escape(
                _(
                    "Nobody enters it any more, by whatever way, and it leaves the lists. Its "
                    "results stay, and you can unarchive it."
                )
            ),
            "p",
        )
        leads = None
        if would.in_it:
            said = ngettext(
                "1 lead is in it now, and goes on to its end unless you take it out.",
                "{number} leads are in it now, and go on to its end unless you take them out.",
                would.in_it,
            )
            show(escape(said), "p")
            leads = ui.checkbox(_("Take them out: they rest as at the end of the cadence"))

    async def save() -> bool:
        take_out = leads is not None and bool(leads.value)
        await visit.act(services.cadences.archive, name, take_out=take_out)
        return True

    if await form.sent(_("Archive"), save):
        ui.navigate.reload()


def _named_in(would: ArchivingForecast) -> Markup:
    policies = [link(one, f"/policies/{one}") for one in would.policies]
    said: list[tuple[str, Sequence[str | Markup]]] = [
        (_("These policies still send leads into it. Name another cadence in them:"), policies),
        (_("These write keys still send leads into it. Revoke them:"), would.keys),
    ]
    parts = [
        Markup("<p>{} {}</p>").format(sentence, Markup(", ").join(names))
        for sentence, names in said
        if names
    ]
    return Markup().join(parts)


def _then(act: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    async def done() -> None:
        await act()
        ui.navigate.reload()

    return done


def _who(code: str) -> str:
    return labels.person(code) if code else ""


def _tell(said: str, since: Markup) -> None:
    show(Markup("{} <small>{}</small>").format(said, since), "p").classes("over").props(
        'role="note"'
    )
