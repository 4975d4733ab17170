"""``/console/admin/suppressions``: who gets no mail, and why."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui

import services.suppressions
from domain.access import Action
from domain.refusals import Invalid
from store.consent.suppressions import SuppressionLine, reasons_there_are
from web.api import suppressions as suppressions_api
from web.api.inputs import Codes
from web.console.admin.parts import item, items
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.labels import reason as reason_label
from web.console.lists.list_page import ListPage
from web.console.pages import console_page
from web.console.parts import Tone, badge, button, empty, link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

TONES: dict[str, Tone] = {"complained": "bad", "bounced": "warn", "soft_bounced": "warn"}


@console_page("/admin/suppressions", Action.READ_SUPPRESSIONS, N_("Suppressions"))
async def suppressions(visit: PageVisit, search: str = "", reason: Codes = None) -> None:
    """The latest first; an SDR sees those of the team's leads."""
    with visit.top:
        if visit.may(Action.SUPPRESS):
            button(_("Suppress an address"), lambda: _suppress(visit), main=True, key="n")
        if visit.may(Action.PERMIT):
            button(_("Permit an address"), lambda: _permit(visit, None))
    show(
        quiet(
            _(
                "These addresses get no marketing mail. Bounces and complaints stop mail about "
                "appointments as well."
            )
        ),
        "p",
    )
    await SuppressionList(
        visit,
        "/admin/suppressions",
        suppressions_api.list_all,
        (),
        {"search": search.strip(), "reason": reason},
        caption=_("Suppressions"),
        listed="/suppressions",
    ).open()


class SuppressionList(ListPage[SuppressionLine]):
    """The list as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            self.search(_("A part of the address"))
            reasons = {code: _reason(code) for code in await self.visit.read(reasons_there_are)}
            self.many(_("Reason"), "reason", reasons)
        await self.begin()

    def nothing(self) -> None:
        """Why there are none."""
        narrowed, none = _("No such address is suppressed."), _("No address is suppressed.")
        empty(narrowed if self.is_narrowed else none)

    def show_rows(self, found: Sequence[SuppressionLine]) -> None:
        """Each with its button."""
        with items():
            for one in found:
                with item(_line(one)):
                    if self.visit.may(Action.PERMIT) and one.reason != "complained":
                        _permit_button(self.visit, one)


def _line(one: SuppressionLine) -> Markup:
    who: Markup | str = _("no lead")
    if one.lead_id:
        who = link(one.lead or f"#{one.lead_id}", f"/leads/{one.lead_id}")
    return Markup('<b>{}</b> {}<br><span class="quiet">{} · {} {}</span>').format(
        one.address,
        badge(_reason(one.reason), TONES.get(one.reason, "plain")),
        who,
        _("since"),
        moment(one.at),
    )


def _reason(code: str) -> str:
    own = {"manual": N_("By hand"), "soft_bounced": N_("Bounced several times")}
    return _(own[code]) if code in own else reason_label(code)


def _permit_button(visit: PageVisit, one: SuppressionLine) -> None:
    made = button(_("Permit again"), lambda: _permit(visit, one))
    made.props["aria-label"] = f"{_('Permit again')}: {one.address}"


async def _suppress(visit: PageVisit) -> None:
    with FormDialog(_("Suppress an address")) as form:
        address = form.field("address", ui.input(_("E-mail address")).props("type=email"))
        why = form.field("reason", ui.input(_("Why")).props("maxlength=2000"))

    async def save() -> bool:
        typed, reason = address.value or "", (why.value or "").strip()
        await visit.act(services.suppressions.suppress_address, typed, reason)
        return True

    if await form.sent(_("Suppress"), save):
        say_done(_("The address gets no more marketing mail."))
        ui.navigate.reload()


async def _permit(visit: PageVisit, one: SuppressionLine | None) -> None:
    with FormDialog(_("Permit mail again")) as form:
        if one is None:
            address = form.field("address", ui.input(_("E-mail address")).props("type=email"))
        else:
            show(Markup("<p>{}</p>").format(one.address))
        evidence = ui.input(_("How it is known that they want mail")).props("maxlength=2000")
        form.field("evidence", evidence)
        works = ui.checkbox(_("I know that the address works again"))
        works.set_visibility(one is None or one.reason == "bounced")
        show(quiet(_("It is kept on record. Who was erased may be imported again with it.")), "p")

    async def save() -> bool:
        words = (evidence.value or "").strip()
        if not words:
            raise Invalid(
                N_("Say how it is known: a form, a call, a letter, and when."), "evidence"
            )
        typed = one.address if one else address.value or ""
        await visit.act(
            services.suppressions.permit_address, typed, words, address_works=works.value
        )
        return True

    if await form.sent(_("Permit"), save):
        say_done(_("The address may have mail again."))
        ui.navigate.reload()
