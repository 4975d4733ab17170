"""``/console/admin/users``: who may sign in."""

from __future__ import annotations

from typing import Any

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from nicegui import ui

import services.users
from domain.access import Action, Role
from domain.labels import ROLES
from domain.refusals import Refusal
from domain.translations.translator import LANGUAGES
from store.access.sessions import IDLE, LONGEST
from store.access.users import FIRST_ADMIN, LINK_LIFE, REPS, WAY_BACK_LIFE, UserLine, list_users
from store.routing.presence import people_at_work
from web.api import system as system_api
from web.console import labels
from web.console.admin.parts import item, items, real_time, show_once
from web.console.forms import FormDialog
from web.console.frame import say_done, say_no
from web.console.labels import role
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import badge, busy, button, facts, quiet, section, show, sure
from web.console.refusals import told
from web.console.times import span
from web.console.visit import PageVisit
from web.console.words import N_, _
from web.sign_in.provider_check import problem_of_provider


@console_page("/admin/users", Action.MANAGE_USERS, N_("Users"))
async def users(visit: PageVisit) -> None:
    """By address, those that are disabled too."""
    found = await visit.read(list_users)
    people = await visit.read(people_at_work)
    reps = {"": _("None")} | {
        one.code: _("{name} (manager)", name=one.name) if one.manager else one.name
        for one in people
    }

    with visit.top:
        export_button("/users")
        button(_("Add a user"), lambda: _add(visit, reps), main=True, key="n")
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
    with section(_("Signing in")):
        await _sign_in(visit)


async def _sign_in(visit: PageVisit) -> None:
    """What the environment says of it."""
    kept = await visit.ask(system_api.show_sign_in)
    on, off = badge(_("On"), "good"), badge(_("Off"))
    verified = _("only addresses that it calls verified") if kept.verified_addresses_only else ""
    needed = ", ".join(role(one) for one in kept.second_factor_roles)
    show(
        facts(
            {
                _("Passwords and links"): on if kept.passwords else off,
                _("Company account"): Markup("{} {} {}").format(on, kept.issuer, quiet(verified))
                if kept.issuer
                else off,
                _("Second factor"): _("needed by {roles}", roles=needed)
                if needed
                else _("as each likes"),
                _("Session"): _(
                    "ends after {idle} without use, after {most} at the latest",
                    idle=span(IDLE),
                    most=span(LONGEST),
                ),
                _("Links"): _(
                    "work once: an invitation for {invited}, one for a forgotten password for "
                    "{back}",
                    invited=span(LINK_LIFE),
                    back=span(WAY_BACK_LIFE),
                )
                if kept.passwords
                else "",
            }
        )
    )
    show(quiet(_("The environment of the web app says so; docs/operations.md has the names.")), "p")
    if not kept.issuer:
        return
    said = ui.element("div").props('role="status"')

    async def check() -> None:
        with busy(pressed):
            problem = await run_in_threadpool(problem_of_provider, visit.context.settings)
        said.clear()
        with said:
            words = told(problem) if problem else _("The provider answers as it should.")
            show(badge(words, "bad" if problem else "good"), "p")

    with ui.element("div").classes("acts"):
        pressed = button(_("Test the company account"), check)


def _line(one: UserLine) -> Markup:
    marks = [badge(role(one.role))]
    if one.rep and labels.person(one.rep) != one.name:
        marks.append(badge(labels.person(one.rep)))
    if one.has_second_factor:
        marks.append(badge(_("Second factor"), "good"))
    if one.disabled_at:
        marks.append(badge(_("Disabled"), "bad"))
    elif not one.last_seen_at:
        marks.append(badge(_("Never came"), "warn"))
    if one.mail in ("waiting", "sending"):
        marks.append(badge(_("Mail on its way")))
    elif one.mail == "failed":
        marks.append(badge(_("Mail failed"), "bad"))
    seen = (
        Markup(" · {} {}").format(_("last seen"), real_time(one.last_seen_at))
        if one.last_seen_at
        else ""
    )
    wrong = Markup("<br>{}").format(one.mail_error) if one.mail_error else ""
    return Markup('<b>{}</b> {}<br><span class="quiet">{}{}{}</span>').format(
        one.name, Markup(" ").join(marks), one.email, seen, wrong
    )


def _buttons(visit: PageVisit, one: UserLine, reps: dict[str, str]) -> None:
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
    act(_("Change"), lambda: _change(visit, reps, one))
    if _links_work(visit):
        if one.email != FIRST_ADMIN:
            act(_("Send a link"), lambda: _invite(visit, one))
        act(_("Copy a link"), lambda: _give_link(visit, one))
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


async def _invite(visit: PageVisit, one: UserLine) -> None:
    await visit.act(services.users.invite, one.id)
    said = N_("The link for {name} is on its way by mail. It works for 24 hours.")
    if visit.context.settings.email_channel == "outbox":
        said = N_("The mail to {name} is in the outbox: mail does not leave this machine.")
    say_done(_(said, name=one.name))


async def _add(visit: PageVisit, reps: dict[str, str]) -> None:
    with FormDialog(_("Add a user")) as form:
        email = form.field("email", ui.input(_("E-mail address")).props("type=email"))
        fields = _Fields(form, reps, None)
        # It is theirs until they choose another, and the mail's.
        language = ui.select(LANGUAGES, label=_("Language"), value=visit.language)
        by_mail = ui.checkbox(_("Send an invitation by mail"), value=_mail_goes_out(visit))
        by_mail.set_visibility(_links_work(visit))

    async def save() -> UserLine:
        return await visit.act(
            services.users.add,
            email=(email.value or "").strip(),
            language=language.value,
            **fields.values(),
        )

    made = await form.sent(_("Save"), save)
    if made is None:
        return
    if not _links_work(visit):
        say_done(_("{name} signs in with the company account.", name=made.name))
    elif by_mail.value:
        try:
            await _invite(visit, made)
        except Refusal as refusal:
            # The user is there all the same.
            say_no(str(refusal))
    else:
        await _give_link(visit, made)
    ui.navigate.reload()


async def _change(visit: PageVisit, reps: dict[str, str], one: UserLine) -> None:
    with FormDialog(_("Change {name}", name=one.name)) as form:
        fields = _Fields(form, reps, one)

    async def save() -> UserLine:
        return await visit.act(services.users.change, one.id, **fields.values())

    changed = await form.sent(_("Save"), save)
    if changed is not None:
        say_done(_("{name} is changed.", name=changed.name))
        ui.navigate.reload()


class _Fields:
    """What is asked of a new user and of one that is there."""

    def __init__(self, form: FormDialog, reps: dict[str, str], one: UserLine | None) -> None:
        self._name = form.field("name", ui.input(_("Name"), value=one.name if one else ""))
        self._role = form.field(
            "role",
            ui.select(
                {code: _(label) for code, label in ROLES.items()},
                label=_("Role"),
                value=one.role if one else Role.SDR.value,
            ),
        )
        there = reps if one is None else {one.rep: labels.person(one.rep)} | reps
        chosen = ui.select(there, label=_("Whose tasks are theirs"), value=one.rep if one else "")
        self._rep = form.field("rep", chosen)
        self._rep.bind_visibility_from(self._role, "value", backward=lambda code: code in REPS)
        said = _(
            "An SDR is a rep of the team policy, and so is who looks after customers. A manager "
            "may be a manager or a rep of it, and finds under “Mine” what is theirs."
        )
        about = show(quiet(said), "p")
        about.bind_visibility_from(self._role, "value", backward=lambda code: code in REPS)

    def values(self) -> dict[str, Any]:
        """As they were entered."""
        return {
            "name": (self._name.value or "").strip(),
            "role": Role(self._role.value),
            "rep": self._rep.value if self._role.value in REPS else "",
        }


def _links_work(visit: PageVisit) -> bool:
    return visit.context.settings.passwords == "on"


def _mail_goes_out(visit: PageVisit) -> bool:
    return _links_work(visit) and visit.context.settings.email_channel != "outbox"
