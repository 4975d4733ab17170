"""``/console/admin/keys``: what programs show to be let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup
from nicegui import ui

import services.keys
from domain.access import OF_ONE_TEAM, Action, Role
from domain.labels import ROLES
from services.context import Context
from store.access.api_tokens import MOST_TOKEN_DAYS, TOKEN_DAYS, Caller, list_tokens
from store.access.write_keys import list_write_keys
from store.published.cadences import enterable_cadences
from store.routing.presence import reps as list_reps
from web.console.admin.parts import item, items, real_time, show_once
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.labels import person, role
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import badge, button, empty, quiet, section, show, sure
from web.console.visit import PageVisit
from web.console.words import N_, _

KINDS = {"browser": N_("for browsers"), "server": N_("for servers")}
"""What a write key is for."""


@console_page("/admin/keys", Action.MANAGE_KEYS, N_("Keys and tokens"))
async def keys(visit: PageVisit) -> None:
    """Both are kept as hashes, so a new one is shown once."""
    with visit.top:
        export_button("/tokens", of=_("API tokens"))
        export_button("/write-keys", of=_("Write keys"))
    with section(_("API tokens")):
        show(
            quiet(
                _(
                    "A program sends its token to the REST API. Give each a token of its own, so "
                    "that one can be revoked."
                )
            ),
            "p",
        )
        await _tokens(visit)
    with section(_("Write keys")):
        show(quiet(_("A web site or product sends events with one. They can read nothing.")), "p")
        show(
            quiet(
                _(
                    "A key for browsers may be read by anybody: it fills only what is empty, and "
                    "new addresses are asked to confirm. A key for servers is taken at its word: "
                    "never put it into a page or an app."
                )
            ),
            "p",
        )
        await _write_keys(visit)


async def _tokens(visit: PageVisit) -> None:
    reps = {"": _("None")}
    there = await visit.read(list_reps, visit.context.clock.now())
    reps |= {one.code: f"{one.name} · {one.code}" for one in there}
    with ui.element("div").classes("acts"):
        button(_("Make a token"), lambda: _make_token(visit, reps), main=True)
    found = await visit.read(list_tokens)
    if not found:
        empty(_("There are no tokens. Make one for the first program."))
    with items():
        for one in found:
            used: Markup | str = _("never used")
            if one.last_used_at:
                used = Markup("{} {}").format(_("last used"), real_time(one.last_used_at))
            if one.expires_at:
                until = Markup("{} {}").format(_("works until"), real_time(one.expires_at))
                used = Markup("{} · {}").format(used, until)
            marks = [badge(role(one.role)), *([badge(person(one.rep))] if one.rep else [])]
            line = _line(one.name, marks, one.created_at, one.revoked_at, used)
            with item(line):
                if one.revoked_at is None:
                    _revoke(visit, one.name, services.keys.revoke_access)


async def _make_token(visit: PageVisit, reps: dict[str, str]) -> None:
    with FormDialog(_("Make a token")) as form:
        name = form.field("name", ui.input(_("Name of the program")).props("maxlength=100"))
        roles = form.field(
            "role",
            ui.select(
                {code: _(label) for code, label in ROLES.items()},
                label=_("Role"),
                value=Role.OPS.value,
            ),
        )
        rep = form.field("rep", ui.select(reps, label=_("Rep"), value=""))
        rep.bind_visibility_from(roles, "value", backward=lambda code: code in OF_ONE_TEAM)
        days = ui.number(
            _("Days for which it works"), value=TOKEN_DAYS, min=1, max=MOST_TOKEN_DAYS, precision=0
        )
        form.field("days", days)

    async def save() -> str:
        of = rep.value if roles.value in OF_ONE_TEAM else ""
        return await visit.act(
            services.keys.add_token,
            name.value or "",
            Role(roles.value),
            rep=of,
            days=int(days.value or 0),
        )

    made = await form.sent(_("Make a token"), save)
    if made is not None:
        await _hand_over(_("Token of {name}", name=name.value), made)


async def _hand_over(title: str, secret: str) -> None:
    """Show a new secret, and then the list with what it opens."""
    await show_once(
        title,
        secret,
        _("It is not kept and can't be shown again: put it where the program finds it."),
    )
    ui.navigate.reload()


async def _write_keys(visit: PageVisit) -> None:
    cadences = {"": _("None")} | {one: one for one in await visit.read(enterable_cadences)}
    with ui.element("div").classes("acts"):
        button(_("Make a write key"), lambda: _make_write_key(visit, cadences), main=True)
    found = await visit.read(list_write_keys)
    if not found:
        empty(_("There are no write keys. Make one for the first web site."))
    with items():
        for one in found:
            marks = [badge(_(KINDS[one.kind])), *([badge(one.cadence)] if one.cadence else [])]
            with item(_line(one.name, marks, one.created_at, one.revoked_at)):
                if one.revoked_at is None:
                    _revoke(visit, one.name, services.keys.revoke_key)


async def _make_write_key(visit: PageVisit, cadences: dict[str, str]) -> None:
    with FormDialog(_("Make a write key")) as form:
        name = form.field("name", ui.input(_("Name of the source")).props("maxlength=100"))
        kind = form.field(
            "kind",
            ui.select(
                {code: _(label) for code, label in KINDS.items()}, label=_("Kind"), value="browser"
            ),
        )
        cadence = form.field(
            "cadence", ui.select(cadences, label=_("Cadence of new leads"), value="")
        )

    async def save() -> str:
        return await visit.act(
            services.keys.add_write_key,
            name.value or "",
            cadence=cadence.value,
            kind=kind.value,
        )

    made = await form.sent(_("Make a write key"), save)
    if made is not None:
        await _hand_over(_("Write key of {name}", name=name.value), made)


def _line(
    name: str,
    marks: list[Markup],
    made: datetime,
    revoked: datetime | None,
    more: Markup | str = "",
) -> Markup:
    if revoked is not None:
        marks = [*marks, badge(_("Revoked"), "bad")]
        more = Markup("{} {}").format(_("revoked"), real_time(revoked))
    return Markup('<b>{}</b> {}<br><span class="quiet">{} {}{}{}</span>').format(
        name, Markup(" ").join(marks), _("made"), real_time(made), " · " if more else "", more
    )


def _revoke(visit: PageVisit, name: str, act: Callable[[Context, Caller, str], None]) -> None:
    async def revoke() -> None:
        question = _("Revoke {name}? Who uses it is turned away from now on.", name=name)
        if await sure(question, _("Revoke")):
            await visit.act(act, name)
            say_done(_("{name} is revoked.", name=name))
            ui.navigate.reload()

    made = button(_("Revoke"), revoke, danger=True)
    made.props["aria-label"] = f"{_('Revoke')}: {name}"
