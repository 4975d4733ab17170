"""``/console/admin/webhooks``: which programs are told what happens, and the log of it."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup
from nicegui import ui

import services.webhooks
from domain.access import Action
from domain.contracts.webhooks import EVENTS
from store.outbox.outgoing import (
    DeliveryLine,
    EndpointLine,
    find_delivery,
    list_deliveries,
    list_endpoints,
    payload_of,
)
from web.console.admin.parts import item, items, real_time, show_once
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import (
    Cell,
    Tone,
    badge,
    button,
    empty,
    facts,
    link,
    quiet,
    section,
    show,
    sure,
    table,
)
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50
LOOK_SECONDS = 1.0
"""How often the page looks how a delivery went that waits."""
STATES: dict[str, tuple[str, Tone]] = {
    "waiting": (N_("Waiting"), "warn"),
    "delivered": (N_("Delivered"), "good"),
    "failed": (N_("Given up"), "bad"),
}
"""State of a delivery → label, tone."""


ERRORS = (
    N_("the answer was {status}; redirects are not followed"),
    N_("the answer was {status}"),
    N_("the endpoint is gone (410) and was switched off"),
    N_("the endpoint is switched off"),
    N_("no answer within {seconds} s"),
    N_("the host name is unknown"),
    N_("the encrypted connection failed ({reason})"),
    N_("the connection failed ({error})"),
    N_("{host} leads into a private network; events go to public ones only."),
)
"""Why an event was not delivered, in the words of ``activities/webhooks.py``."""
_WRITTEN = {
    one: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(one))) for one in ERRORS
}


@console_page("/admin/webhooks", Action.MANAGE_WEBHOOKS, N_("Webhooks"))
async def webhooks(
    visit: PageVisit, failed: bool = False, before: int | None = None, delivery: int | None = None
) -> None:
    """Endpoints, then the log; ``delivery`` is the one that is looked at."""
    with visit.top:
        export_button("/webhooks/endpoints", of=_("Endpoints"))
        export_button("/webhooks/deliveries", {"failed": failed}, of=_("Deliveries"))
        button(_("Add an endpoint"), lambda: _add(visit), main=True, key="n")
    with section(_("Endpoints")):
        await _endpoints(visit)
    found = await visit.read(list_deliveries, failed=failed, before=before, limit=PAGE)
    if delivery is not None:
        await _delivery(visit, delivery)
    with section(_("Deliveries")):
        _log(found, failed=failed)


async def _endpoints(visit: PageVisit) -> None:
    found = [one for one in await visit.read(list_endpoints) if not one.removed]
    if not found:
        empty(_("No program is told what happens. Add the address of one that is to be."))
    with items():
        for one in found:
            state = badge(_("Active"), "good") if one.active else badge(_("Paused"), "warn")
            with item(
                Markup('<b>{}</b> {}<br><span class="quiet">{}</span>').format(
                    one.url, state, ", ".join(one.events) or _("all events")
                )
            ):
                _endpoint_buttons(visit, one)


def _endpoint_buttons(visit: PageVisit, one: EndpointLine) -> None:
    async def pause() -> None:
        await visit.act(services.webhooks.pause, one.url, paused=one.active)
        ui.navigate.reload()

    async def remove() -> None:
        question = _("Remove {url}? Its log stays, its secret is forgotten.", url=one.url)
        if await sure(question, _("Remove")):
            await visit.act(services.webhooks.remove, one.url)
            ui.navigate.reload()

    def act(text: str, what: Any, *, danger: bool = False) -> None:
        button(text, what, danger=danger).props["aria-label"] = f"{text}: {one.url}"

    async def test() -> None:
        delivery = await visit.act(services.webhooks.send_test, one.url)
        ui.navigate.to(f"/admin/webhooks?delivery={delivery}")

    if one.active:
        act(_("Send a test"), test)
    act(_("Pause") if one.active else _("Resume"), pause)
    act(_("Remove"), remove, danger=True)


async def _add(visit: PageVisit) -> None:
    with FormDialog(_("Add an endpoint"), wide=True) as form:
        url = form.field("url", ui.input(_("Address (https://…)")).props("type=url"))
        events = form.field(
            "events",
            ui.select(sorted(EVENTS), label=_("Events; none for all"), multiple=True, value=[]),
        )
        events.props("use-chips")

    async def save() -> tuple[str, str]:
        address = (url.value or "").strip()
        return address, await visit.act(services.webhooks.add, address, list(events.value))

    made = await form.sent(_("Add"), save)
    if made is None:
        return
    address, secret = made
    await show_once(
        _("Secret of {url}", url=address),
        secret,
        _("The receiver checks the signatures with it. It can't be shown again."),
    )
    ui.navigate.reload()


def _log(found: list[DeliveryLine], *, failed: bool) -> None:
    ways = ((False, _("All")), (True, _("Given up")))
    show(
        Markup('<nav class="tabs" aria-label="{}">{}</nav>').format(
            _("Deliveries"),
            Markup().join(
                Markup('<a href="/console/admin/webhooks{}"{}>{}</a>').format(
                    "?failed=true" if way else "",
                    Markup(' aria-current="page"') if way == failed else "",
                    label,
                )
                for way, label in ways
            ),
        )
    )
    if not found:
        empty(_("Nothing was given up.") if failed else _("Nothing was sent yet."))
        return
    show(
        table(
            (_("When"), _("Event"), _("Address"), _("State"), _("Attempts"), _("Answer")),
            [
                (
                    real_time(one.created_at, in_log=True),
                    link(one.event_type, "/admin/webhooks", delivery=one.id),
                    one.url,
                    _state(one.state),
                    one.attempts,
                    _answer(one),
                )
                for one in found
            ],
            caption=_("Deliveries"),
            numbers=(4,),
        )
    )
    if len(found) == PAGE:
        more = {"before": found[-1].id} | ({"failed": "true"} if failed else {})
        show(link(_("Earlier ones"), "/admin/webhooks", **more), "p")


def _answer(one: DeliveryLine) -> Cell:
    """What the receiver answered, or why there was no answer, as the worker wrote it down."""
    for sentence, written in _WRITTEN.items():
        if found := written.fullmatch(one.error):
            return _(sentence, **found.groupdict())
    return one.error or one.status


def _state(code: str) -> Markup:
    label, tone = STATES.get(code, (code, "plain"))
    return badge(_(label), tone)


async def _delivery(visit: PageVisit, delivery_id: int) -> None:
    payload = await visit.read(payload_of, delivery_id)
    with section(_("Delivery {number}", number=delivery_id)):
        if payload is None:
            empty(_("There is no such delivery."))
            return
        shown = show(Markup()).props('role="status"')
        written = json.dumps(payload, indent=2, ensure_ascii=False)
        show(
            Markup('<pre class="payload" tabindex="0" aria-label="{}">{}</pre>').format(
                _("Payload"), written
            )
        )

        async def look() -> None:
            one = await visit.read(find_delivery, delivery_id)
            if one is not None:
                shown.set_content(_how_it_went(one))
            looking.active = one is not None and one.state == "waiting"

        async def resend() -> None:
            await visit.act(services.webhooks.resend, delivery_id)
            say_done(_("The event is sent again."))
            looking.active = True

        with ui.element("div").classes("acts"):
            button(_("Send again"), resend, main=True)
            show(quiet(_("It goes out under the same webhook-id.")), "span")
        looking = ui.timer(LOOK_SECONDS, look, active=False)
        await look()


def _how_it_went(one: DeliveryLine) -> Markup:
    return facts(
        {
            _("Event"): f"{one.event_type} · {one.event_id}",
            _("Address"): one.url,
            _("State"): _state(one.state),
            _("Attempts"): one.attempts,
            _("Last attempt"): real_time(one.last_attempt_at, in_log=True),
            _("Answer"): _answer(one),
        }
    )
