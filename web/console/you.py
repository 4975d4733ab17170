"""``/console/you``: one's own name, language, time zone and theme; password; the way out."""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from web.api import me as me_api
from web.console.labels import role
from web.console.pages import console_page
from web.console.parts import button, facts, section, show
from web.console.visit import Visit
from web.console.words import LANGUAGES, N_, _

THEMES = {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}


@console_page("/you", Action.OWN_SETTINGS, N_("You"))
async def you(visit: Visit) -> None:
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
            chosen: Literal["en", "ko", "zh"] = language.value
            body = me_api.Settings(
                name=name.value.strip(),
                language=chosen,
                time_zone=time_zone.value or "",
                theme=theme.value,
            )
            await visit.act(me_api.change, body)
            ui.navigate.reload()

        with ui.element("div").classes("acts"):
            button(_("Save"), save, main=True)
    with section(_("Signing in")):
        show(
            facts(
                {
                    _("E-mail address"): who.email,
                    _("Role"): role(visit.caller.role),
                    _("Rep"): visit.caller.rep,
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
