"""``/console/you``: one's own name, language, time zone and theme; what to be told; password,
second factor, the browsers one is signed in in; the way out."""

from __future__ import annotations

from functools import partial
from zoneinfo import available_timezones

from markupsafe import Markup
from nicegui import ui

import services.own_settings
from domain.access import Action
from domain.translations.translator import LANGUAGES
from store.access.sessions import SessionLine, list_sessions
from web.console import labels
from web.console.admin.parts import item, items, real_time
from web.console.labels import role
from web.console.notification_settings import notification_settings
from web.console.pages import console_page
from web.console.parts import badge, button, facts, link, section, show, sure
from web.console.visit import PageVisit
from web.console.words import N_, _

THEMES = {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}


@console_page("/you", Action.OWN_SETTINGS, N_("You"))
async def you(visit: PageVisit) -> None:
    """Settings hold in every browser."""
    who = visit.who
    with section(_("How you like it")), ui.element("div").classes("stack settings"):
        name = ui.input(_("Name"), value=who.name).props("outlined dense maxlength=200")
        language = ui.select(LANGUAGES, label=_("Language"), value=who.language)
        zones = {"": _("The browser's")} | {one: one for one in sorted(available_timezones())}
        time_zone = ui.select(zones, label=_("Time zone"), value=who.time_zone, with_input=True)
        theme = ui.select(
            {code: _(label) for code, label in THEMES.items()}, label=_("Theme"), value=who.theme
        )
        for field in (language, time_zone, theme):
            field.props("outlined dense")

        async def save() -> None:
            await visit.act(
                services.own_settings.change,
                name=name.value.strip(),
                language=language.value,
                time_zone=time_zone.value or "",
                theme=theme.value,
            )
            ui.navigate.reload()

        with ui.element("div").classes("acts"):
            button(_("Save"), save, main=True)
    await notification_settings(visit)
    with section(_("Signing in")):
        show(
            facts(
                {
                    _("E-mail address"): who.email,
                    _("Role"): role(visit.caller.role),
                    _("Rep"): link(labels.person(visit.caller.rep), f"/team/{visit.caller.rep}")
                    if visit.caller.rep
                    else "",
                    _("Team"): visit.caller.team,
                }
            )
        )
        show(
            Markup(
                '<form class="reach" method="post" action="/sign-out">'
                '<a class="reach-by" href="/password">{}</a>'
                '<a class="reach-by" href="/second-factor/set-up">{}</a>'
                '<button class="reach-by">{}</button></form>'
            ).format(_("Choose a password"), _("Second factor"), _("Sign out"))
        )
    now = visit.context.real_now()
    sessions = await visit.read(list_sessions, who.user_id, now, who.session_id)
    with section(_("Where you are signed in")):
        _sessions(visit, sessions)


def _sessions(visit: PageVisit, sessions: list[SessionLine]) -> None:
    async def end(one: SessionLine) -> None:
        await visit.act(services.own_settings.end_session, one.id)
        ui.navigate.reload()

    async def end_others() -> None:
        if await sure(_("Sign out in all other browsers?"), _("End all others")):
            await visit.act(services.own_settings.end_all_sessions, others=True)
            ui.navigate.reload()

    with items():
        for one in sessions:
            name = _browser(one)
            context = badge(_("This browser"), "good") if one.current else Markup()
            seen = Markup('<span class="quiet">{} {} · {} {}</span>').format(
                _("signed in"),
                real_time(one.created_at),
                _("last seen"),
                real_time(one.last_seen_at),
            )
            with item(Markup("<b>{}</b> {}<br>{}").format(name, context, seen)):
                # One's own ends with "Sign out".
                if not one.current:
                    ending = button(_("End session"), partial(end, one))
                    ending.props["aria-label"] = f"{_('End session')}: {name}"
    if len(sessions) > 1:
        with ui.element("div").classes("acts"):
            button(_("End all others"), end_others, danger=True)


def _browser(one: SessionLine) -> str:
    """Such as Firefox on Linux."""
    browser, on, system = one.browser.partition(" on ")
    if on:
        return _("{browser} on {system}", browser=browser, system=system)
    return one.browser or _("Unknown browser")
