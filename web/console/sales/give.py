"""Leads that are ticked in a list, given to a rep or, by the rules, to whoever's turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

from markupsafe import Markup
from nicegui import ui

import services.team
from store.routing.hand_over_preview import HandOverPreview, preview
from store.routing.presence import RepLine
from web.console.frame import say_done
from web.console.labels import person
from web.console.parts import button, sure, table
from web.console.visit import PageVisit
from web.console.words import _, ngettext

BY_RULES = ""


class Giving:
    """The bar above a list: how many leads were ticked, and whom they are to go to.

    ``given`` is called after leads were given; ``chosen`` are the ids of those that are ticked.
    """

    def __init__(
        self,
        visit: PageVisit,
        reps: Iterable[RepLine],
        given: Callable[[], Awaitable[object] | None],
    ) -> None:
        self.visit, self._given = visit, given
        self.chosen: set[int] = set()
        with ui.element("div").classes("chosen").props('role="status"'):
            self._told = ui.label("")
            with ui.element("div").classes("acts") as self.acts:
                self._to = ui.select(
                    {BY_RULES: _("Whoever's turn it is, by the rules")}
                    | {one.code: described(one) for one in reps},
                    value=BY_RULES,
                    label=_("Give to"),
                )
                button(_("Reassign"), self._give, main=True)
        self._show()

    def choose(self, ids: Collection[int]) -> None:
        """These are the leads that are ticked now."""
        self.chosen = set(ids)
        self._show()

    def only(self, ids: Collection[int]) -> None:
        """The list holds these leads now: what has left it is not ticked any more."""
        if not self.chosen.issubset(ids):
            self.choose(self.chosen.intersection(ids))

    async def _give(self) -> None:
        # What is asked about is what is given, whatever is ticked meanwhile.
        to, leads = str(self._to.value or BY_RULES), sorted(self.chosen)
        number = len(leads)
        services.team.refuse_too_many(leads)
        if to:
            question = ngettext(
                "Give 1 lead to {rep}?", "Give {number} leads to {rep}?", number, rep=person(to)
            )
        else:
            question = ngettext(
                "Give 1 lead to whoever's turn it is?",
                "Give {number} leads to whoever's turn it is?",
                number,
            )
        would = await self.visit.read(
            preview, leads, to, self.visit.caller.by, self.visit.context.clock.now()
        )
        happens = _(
            "Open tasks, appointments and open opportunities go along, and the time for the tasks "
            "begins anew. A lead that nobody may take waits in the unassigned queue."
        )
        if not await sure(
            f"{question} {happens}", _("Reassign"), danger=False, details=_shown(would)
        ):
            return
        if to:
            tell_given(len(await self.visit.act(services.team.reassign, leads, to)), to)
        else:
            tell_owners(await self.visit.act(services.team.reassign_by_rules, leads))
        self.choose(())
        done = self._given()
        if done is not None:
            await done

    def _show(self) -> None:
        number = len(self.chosen)
        self._told.set_text(
            ngettext("1 lead chosen", "{number} leads chosen", number)
            if number
            else _("Choose leads to reassign.")
        )
        self.acts.set_visibility(number > 0)


def _shown(would: Sequence[HandOverPreview]) -> Markup:
    """Who would get what."""
    return table(
        (
            _("Who"),
            _("Leads"),
            _("Tasks"),
            _("Meetings"),
            _("Opportunities"),
            _("Open leads then"),
        ),
        [
            (
                person(one.to) or _("Unassigned"),
                one.leads,
                one.tasks,
                one.meetings,
                one.opportunities,
                _("{open} of {cap} leads", open=f"{one.open_leads:,}", cap=f"{one.cap:,}")
                if one.cap is not None
                else "",
            )
            for one in would
        ],
        caption=_("Who would get what"),
        numbers=(1, 2, 3, 4),
    )


def tell_given(moved: int, to: str) -> None:
    """Say how many leads are now whose."""
    if moved:
        say_done(
            ngettext(
                "1 lead is now {rep}'s.", "{number} leads are now {rep}'s.", moved, rep=person(to)
            )
        )


def tell_owners(owners: Mapping[int, str]) -> None:
    """Say who has leads now that were given by the rules: 3 leads given, 2 to Marta, 1 to Hana."""
    given = Counter(filter(None, owners.values()))
    moved = given.total()
    if moved:
        to_whom = ", ".join(f"{person(code)} ({count})" for code, count in given.most_common())
        say_done(
            ngettext(
                "1 lead has a new owner: {who}.",
                "{number} leads have new owners: {who}.",
                moved,
                who=to_whom,
            )
        )
    if waiting := len(owners) - moved:
        ui.notify(
            ngettext(
                "1 lead waits in the unassigned queue: nobody may take it now.",
                "{number} leads wait in the unassigned queue: nobody may take them now.",
                waiting,
            ),
            type="warning",
        )


def described(rep: RepLine) -> str:
    """A rep, with how much room is left."""
    leads = _("{open} of {cap} leads", open=f"{rep.open_leads:,}", cap=f"{rep.cap:,}")
    away = "" if rep.present and rep.back_at is None else f" · {_('away')}"
    return f"{rep.name} · {leads}{away}"
