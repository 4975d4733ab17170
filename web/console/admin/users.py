"""``/console/admin/users``: who may sign in."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from nicegui import ui

import services.users
from domain.access import Action, Role
from domain.labels import ROLES
from store.access.users import UserLine, list_users
from web.console import labels
from web.console.admin.parts import item, items, real_time, show_once
from web.console.frame import say_done
from web.console.labels import role
from web.console.pages import console_page
from web.console.parts import badge, button, quiet, show, sure
from web.console.visit import PageVisit
from web.console.words import N_, _

OF_SALES = (Role.SDR, Role.MANAGER)


@console_page("/admin/users", Action.MANAGE_USERS, N_("Users"))
async def users(visit: PageVisit) -> None:
    """By address, those that are disabled too."""
    found = await visit.read(list_users)
    reps = {"": _("None")} | {code: f"{name} · {code}" for code, name in visit.people.items()}

    async def add() -> None:
        values = await _asked(_("Add a user"), reps, None)
        if values is None:
            return
        made = await visit.act(services.users.add, **values)
        await _give_link(visit, made)
        ui.navigate.reload()

    with visit.top:
        button(_("Add a user"), add, main=True, key="n")
    show(
        quiet(
            _("Who leaves is disabled: that signs them out everywhere, and what they did stays.")
        ),
        "p",
    )
    with items():
        for one in found:
            with item(_line(one)):
                _buttons(visit, one, reps)


def _line(one: UserLine) -> Markup:
    marks = [badge(role(one.role))]
    if one.rep:
        marks.append(badge(labels.person(one.rep)))
    if one.has_second_factor:
        marks.append(badge(_("Second factor"), "good"))
    if one.disabled_at:
        marks.append(badge(_("Disabled"), "bad"))
    elif not one.last_seen_at:
        marks.append(badge(_("Never came"), "warn"))
    seen = (
        Markup(" · {} {}").format(_("last seen"), real_time(one.last_seen_at))
        if one.last_seen_at
        else ""
    )
    return Markup('<b>{}</b> {}<br><span class="quiet">{}{}</span>').format(
        one.name, Markup(" ").join(marks), one.email, seen
    )


def _buttons(visit: PageVisit, one: UserLine, reps: dict[str, str]) -> None:
    async def change() -> None:
        values = await _asked(_("Change {name}", name=one.name), reps, one)
        if values is not None:
            await visit.act(services.users.change, one.id, **values)
            say_done(_("{name} is changed.", name=values["name"]))
            ui.navigate.reload()

    async def switch() -> None:
        question = _("Disable {name}? They are signed out everywhere.", name=one.name)
        if one.disabled_at or await sure(question, _("Disable")):
            disabled = one.disabled_at is None
            await visit.act(services.users.change, one.id, disabled=disabled)
            ui.navigate.reload()

    async def sign_out() -> None:
        if await sure(_("Sign {name} out in all browsers?", name=one.name), _("End sessions")):
            await visit.act(services.users.end_sessions, one.id)
            say_done(_("{name} is signed out everywhere.", name=one.name))

    async def reset() -> None:
        question = _(
            "Reset the second factor of {name}? They are signed out everywhere and come in without "
            "a code: be sure that it was they who asked.",
            name=one.name,
        )
        if await sure(question, _("Reset second factor")):
            await visit.act(services.users.reset_second_factor, one.id)
            visit.context.auth_log.note("second-factor", "ok", user=one.email, did="reset")
            ui.navigate.reload()

    def act(text: str, what: Any, *, danger: bool = False) -> None:
        button(text, what, danger=danger).props["aria-label"] = f"{text}: {one.email}"

    if one.disabled_at:
        act(_("Let in again"), switch)
        return
    act(_("Change"), change)
    act(_("New link"), lambda: _give_link(visit, one))
    if one.last_seen_at:
        act(_("End sessions"), sign_out)
    if one.has_second_factor:
        act(_("Reset second factor"), reset, danger=True)
    act(_("Disable"), switch, danger=True)


async def _give_link(visit: PageVisit, one: UserLine) -> None:
    path, _expires_at = await visit.act(services.users.make_link, one.id)
    await show_once(
        _("One-time link for {name}", name=one.name),
        f"{visit.context.settings.web_url()}{path}",
        _(
            "Send it to {email} yourself. It signs them in once, within 24 hours; any link before "
            "it has ended.",
            email=one.email,
        ),
    )


async def _asked(title: str, reps: dict[str, str], one: UserLine | None) -> dict[str, Any] | None:
    """What somebody entered about a user; None when they thought better of it."""
    with ui.dialog() as dialog, ui.card().classes("ask"):
        show(escape(title), "h2")
        email = name = None
        if one is None:
            email = ui.input(_("E-mail address")).props("outlined dense type=email")
        name = ui.input(_("Name"), value=one.name if one else "").props("outlined dense")
        roles = ui.select(
            {code: _(label) for code, label in ROLES.items()},
            label=_("Role"),
            value=one.role if one else Role.SDR.value,
        ).props("outlined dense")
        there = reps if one is None or one.rep in reps else {**reps, one.rep: one.rep}
        rep = ui.select(there, label=_("Rep"), value=one.rep if one else "").props("outlined dense")
        rep.bind_visibility_from(roles, "value", backward=lambda code: code in OF_SALES)
        show(quiet(_("An SDR is a rep of the team policy; a manager may be one.")), "p")

        def done() -> None:
            values = {
                "name": name.value.strip(),
                "role": Role(roles.value),
                "rep": rep.value if roles.value in OF_SALES else "",
            }
            if email is not None:
                values["email"] = email.value.strip()
            dialog.submit(values)

        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            button(_("Save"), done, main=True)
    values = await dialog
    dialog.delete()
    return values  # type: ignore[no-any-return]
