"""On ``/console/you``: what to be told, by which ways, where and when."""

from __future__ import annotations

from datetime import time
from functools import partial

from babel.dates import get_day_names
from markupsafe import Markup, escape
from nicegui import ui

import services.notifications
from domain.notifications.hours import DAYS, WORKDAYS
from domain.notifications.kinds import (
    CHOSEN,
    SERVICES,
    ChatService,
    NotificationKind,
    NotifyBy,
    offered,
)
from domain.notifications.wording import reason_told
from domain.refusals import Refusal
from services.notifications import NotificationChoices
from store.notifications.choices import ChosenWay, ChosenWays, choices_of
from web.console.frame import say_done
from web.console.parts import badge, button, quiet, section, show, sure
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _, language, translator

WAYS = {
    NotifyBy.DESKTOP: N_("Open pages"),
    NotifyBy.MAIL: N_("Mail"),
    NotifyBy.CHAT: N_("Chat"),
}
DIGEST_AT = "08:00"


async def notification_settings(visit: PageVisit) -> None:
    """The table of what by which way, the hours, the desktop of this browser, and the chat."""
    chosen = await visit.read(choices_of, visit.who.user_id)
    with section(_("What to be told")).props("id=notifications"):
        _Settings(visit, chosen)
        show(escape(_("On this desktop")), "h3")
        _desktop()
        show(escape(_("By mail")), "h3")
        _mail(visit, chosen.ways[NotifyBy.MAIL])
        show(escape(_("In a chat")), "h3")
        _chat(visit, chosen.ways[NotifyBy.CHAT])


class _Settings:
    """What by which way, and when. What is refused stays typed, and is told at its field."""

    def __init__(self, visit: PageVisit, chosen: ChosenWays) -> None:
        self.visit = visit
        self.ticked: dict[tuple[NotificationKind, NotifyBy], ui.checkbox] = {}
        self._table(chosen)
        hours = chosen.hours
        days = WORKDAYS if hours is None else hours.days
        names = get_day_names("abbreviated", "stand-alone", language())
        show(escape(_("When")), "h3")
        zone = visit.zone.key
        show(
            quiet(
                _(
                    "Outside of these hours nothing is sent; it follows when they begin. Times are "
                    "those of {zone}.",
                    zone=zone,
                )
            ),
            "p",
        )
        with ui.element("div").classes("acts").props('role="group"') as group:
            group.props["aria-label"] = _("Days")
            self.days = {
                day: ui.checkbox(names[place], value=day in days) for place, day in enumerate(DAYS)
            }
        with ui.element("div").classes("acts"):
            self.fields = {
                "begins": self._clock(_("From"), hours.begins if hours else None),
                "ends": self._clock(_("Until"), hours.ends if hours else None),
                "digest_at": self._clock(
                    _("Digest at"),
                    hours.digest_at if hours else time.fromisoformat(DIGEST_AT),
                ),
            }
        with ui.element("div").classes("acts"):
            button(_("Save"), self._save, main=True)

    def _table(self, chosen: ChosenWays) -> None:
        with ui.element("div").classes("told-by").props('role="group"') as table:
            table.props["aria-label"] = _("What to be told")
            show(Markup(), "span")
            for label in WAYS.values():
                show(Markup("<b>{}</b>").format(_(label)), "span")
            for kind, label in CHOSEN.items():
                show(escape(_(label)), "span")
                for way, way_label in WAYS.items():
                    if kind not in offered(way):
                        show(Markup(), "span")
                        continue
                    box = ui.checkbox(value=kind in chosen.ways[way].kinds)
                    box.props["aria-label"] = f"{_(label)}: {_(way_label)}"
                    self.ticked[kind, way] = box

    def _clock(self, label: str, at: time | None) -> ui.input:
        value = f"{at:%H:%M}" if at else ""
        return ui.input(label, value=value).props("type=time stack-label outlined dense")

    async def _save(self) -> None:
        for field in self.fields.values():
            field.error = None
        clocks = {
            name: time.fromisoformat(field.value) if field.value else None
            for name, field in self.fields.items()
        }
        kinds = {
            way: [kind for kind in CHOSEN if (kind, way) in self.ticked and self._is_on(kind, way)]
            for way in WAYS
        }
        days = [day for day, box in self.days.items() if box.value]
        chosen = NotificationChoices(kinds, self.visit.zone.key, days, **clocks)
        try:
            await self.visit.act(services.notifications.choose, chosen)
        except Refusal as refusal:
            if refusal.field not in self.fields:
                raise
            self.fields[refusal.field].error = told(str(refusal))
            return
        say_done(_("Saved."))

    def _is_on(self, kind: NotificationKind, way: NotifyBy) -> bool:
        return bool(self.ticked[kind, way].value)


def _desktop() -> None:
    """Filled in by ``console.js``: only the browser knows."""
    show(
        Markup(
            '<p class="on-desktop" data-on="{}" data-off="{}" data-denied="{}" data-start="{}" '
            'data-stop="{}"><span></span> <button type="button" class="reach-by" hidden></button>'
            "</p>"
        ).format(
            _("This browser shows what is new, while a page of the console is open."),
            _("The title of each open page counts what is new."),
            _("This browser does not let the console show anything: see its settings."),
            _("Show on this desktop"),
            _("Show no more"),
        )
    )


def _mail(visit: PageVisit, way: ChosenWay) -> None:
    show(_state(visit.who.email, way), "p")
    with ui.element("div").classes("acts"):
        button(_("Send a test mail"), partial(_test, visit, NotifyBy.MAIL))


def _chat(visit: PageVisit, way: ChosenWay) -> None:
    async def remove() -> None:
        if await sure(_("Forget the address of your chat?"), _("Forget it")):
            await visit.act(services.notifications.remove_chat)
            ui.navigate.reload()

    if way.service:
        name = SERVICES[ChatService(way.service)]
        show(_state(f"{name} · {way.shown_as}", way), "p")
    else:
        show(quiet(_("An incoming webhook of Slack or Microsoft Teams brings it there.")), "p")
    with ui.element("div").classes("acts"):
        button(
            _("Give another address") if way.service else _("Give an address"),
            lambda: _give_address(visit, way.service),
        )
        if way.service:
            button(_("Send a test to the chat"), partial(_test, visit, NotifyBy.CHAT))
            button(_("Forget it"), remove, danger=True)


def _state(where: str, way: ChosenWay) -> Markup:
    if not way.error:
        return quiet(where)
    failing = badge(_("Fails"), "warn") if way.active else badge(_("Switched off"), "bad")
    return Markup("{} {}<br>{}").format(
        quiet(where), failing, quiet(reason_told(way.error, translator()))
    )


async def _test(visit: PageVisit, way: NotifyBy) -> None:
    await visit.act(services.notifications.send_test, way)
    say_done(_("A test is on its way; if it does not arrive, this page says why."))


async def _give_address(visit: PageVisit, service: str) -> None:
    with ui.dialog() as dialog, ui.card().classes("ask"):
        title = _("Address of a chat")
        dialog.props["aria-label"] = title
        show(escape(title), "h2")
        names = {str(code): name for code, name in SERVICES.items()}
        which = ui.select(names, label=_("Chat"), value=service or str(ChatService.SLACK))
        url = ui.input(_("Address of the webhook (https://…)"), password=True).classes("once")
        url.props("outlined dense autocomplete=off")
        show(
            quiet(
                _(
                    "In Slack: an app with incoming webhooks. In Teams: the workflow that posts to "
                    "a channel when a webhook request is received. Whoever has the address can "
                    "write there, so it is kept sealed and shown no more."
                )
            ),
            "p",
        )

        async def give() -> None:
            url.error = None
            try:
                await visit.act(
                    services.notifications.set_chat, ChatService(which.value), url.value or ""
                )
            except Refusal as refusal:
                if refusal.field != "url":
                    raise
                url.error = told(str(refusal))
                return
            dialog.submit(True)

        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(False))
            button(_("Keep"), give, main=True)
    kept = await dialog
    dialog.delete()
    if kept:
        ui.navigate.reload()
