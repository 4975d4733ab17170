"""``/console/recycle``: who is recycled, until when, and who comes back in which week."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from services.access import team_of
from store.recycle import recycle_pool
from store.recycle.recycle_pool import PoolFilter, PoolLine, PoolOrder, ReturnForecast, monday_of
from web.api import recycle as recycle_api
from web.api.recycle import Filters, Matching
from web.console import labels
from web.console.labels import reason as reason_label
from web.console.lists.export import export_button
from web.console.lists.saved_views import SavedViews
from web.console.lists.sorting import ORDER_CHOSEN
from web.console.marketing.recycle_acts import close_out, extend, reactivate
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, empty, link, quiet, section, show, table
from web.console.picks import Row, pick_table
from web.console.times import moment, short_day
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PAGE = 50
ORDERS: Mapping[int, PoolOrder] = {1: "reason", 2: "owner", 3: "since", 4: "until", 6: "cycle"}
"""Column → the order that its heading asks for."""
RISING: Collection[PoolOrder] = ("until", "reason", "owner")
"""Orders that begin with the least."""
NOBODY = "none"
"""In the address: leads that nobody owns."""


@console_page("/recycle", Action.READ_RECYCLE, N_("Recycle pool"))
async def recycle(
    visit: PageVisit,
    *,
    reason: str = "",
    owner: str = "",
    cadence: str = "",
    due: str = "",
    week: str = "",
    asked: str = "",
    order: str = "",
    cursor: str = "",
) -> None:
    """Recycled leads: for a reason, of a rep, that come back into a cadence, this week or month
    (``due``) or in the week of a Monday (``week``), that asked for a day (``asked=1``)."""
    monday = _monday(week)
    asked_address = {
        "reason": reason,
        "owner": owner,
        "cadence": cadence,
        "due": "" if monday else due,
        "week": monday.isoformat() if monday else "",
        "asked": asked,
        "order": order if order in get_args(PoolOrder) else "",
    }
    now = visit.context.clock.now()
    since, until = _span(now, due, monday)
    matching = Matching(
        reason=reason,
        owner="" if owner == NOBODY else owner or None,
        cadence=cadence,
        asked_for=bool(asked),
        due_from=since,
        due_before=until,
    )
    await _filters(visit, asked_address)
    with visit.top:
        export_button(
            "/recycle", matching.model_dump() | {"order": asked_address["order"] or "until"}
        )
    query = _path(asked_address).partition("?")[2]
    await SavedViews(visit, "/recycle", lambda: query).show()
    view = _View(visit, matching, asked_address, cursor or None)
    await view.build()
    ui.timer(3.0, view.look)


class _View:
    """The forecast and the list; both follow what becomes of the leads."""

    def __init__(
        self,
        visit: PageVisit,
        matching: Matching,
        address: dict[str, str],
        cursor: str | None,
    ) -> None:
        self.visit, self.matching, self.address, self.cursor = visit, matching, address, cursor
        self.chart, self.pool = ui.element("div"), ui.element("div").classes("stack")
        self.wanted: PoolFilter = matching.wanted(visit.caller)
        self.order = address["order"] or "until"
        self.count = 0
        self.ids: list[int] = []
        self.shown = 0
        self.everything = False

    async def build(self) -> None:
        """Show both as they are now."""
        now = self.visit.context.clock.now()
        self.ids, self.everything = [], False
        self.count = await self.visit.read(recycle_pool.count_pool, self.wanted)
        asked = Filters.model_validate(
            self.matching.model_dump() | {"order": self.order, "cursor": self.cursor, "limit": PAGE}
        )
        found = await self.visit.ask(recycle_api.list_recycled, asked)
        ahead = await self.visit.read(recycle_pool.forecast, now, self.wanted)
        self.chart.clear()
        with self.chart:
            _forecast(ahead, self.address)
        self.pool.clear()
        with self.pool:
            self._list(found.items, found.next_cursor)

    async def look(self) -> None:
        """Show them anew when leads have come or gone, unless some are being chosen."""
        count = await self.visit.read(recycle_pool.count_pool, self.wanted)
        if count != self.count and not self.ids and not self.everything:
            await self.build()

    def _list(self, lines: list[PoolLine], more: str | None) -> None:
        self.shown = len(lines)
        if not lines:
            if any(value for name, value in self.address.items() if name != "order"):
                empty(_("No recycled lead is like that."), link(_("Show all"), "/recycle"))
            else:
                empty(
                    _("Nobody rests: leads come here from sales, with a reason."),
                    link(_("Look at the recycle policy"), "/policies"),
                )
            return
        headings = (
            _("Lead"),
            _("Why"),
            _("Owner"),
            _("Since"),
            _("Until"),
            _("Comes back into"),
            _("Cycle"),
            _("Interest"),
        )
        caption = ngettext("1 lead rests", "{number} leads rest", self.count)
        rows = [Row(one.id, one.name, _cells(one)) for one in lines]
        if self.visit.may(Action.CHANGE_RECYCLE):
            self._acts()
            pick_table(
                headings,
                rows,
                self._chosen,
                caption=caption,
                numbers=(6, 7),
                orders=ORDERS,
                order=self.order,
                rising=RISING,
                sort=self._sort,
            )
        else:
            show(quiet(caption), "p")
            show(
                table(
                    headings,
                    [row.cells for row in rows],
                    caption=caption,
                    numbers=(6, 7),
                    orders=ORDERS,
                    order=self.order,
                    rising=RISING,
                )
            ).on("click", lambda event: self._sort(str(event.args)), js_handler=ORDER_CHOSEN)
        with ui.element("div").classes("acts"):
            if self.cursor:
                show(link(_("First page"), "/recycle", **self.address), "span")
            if more:
                show(link(_("Next page"), "/recycle", **self.address, cursor=more), "span")

    def _sort(self, order: str) -> None:
        ui.navigate.to(_path(self.address | {"order": "" if order == "until" else order}))

    def _acts(self) -> None:
        with ui.element("div").classes("chosen").props('role="status"'):
            self._told = ui.label("")
            self._all = button(
                ngettext("Choose the 1 that matches", "Choose all {number} that match", self.count),
                self._choose_everything,
            )
            with ui.element("div").classes("acts") as self._buttons:
                button(
                    _("Reactivate now"), lambda: reactivate(self.visit, *self._which(), self.build)
                )
                button(_("Extend"), lambda: extend(self.visit, *self._which(), self.build))
                button(
                    _("Close out"),
                    lambda: close_out(self.visit, *self._which(), self.build),
                    danger=True,
                )
        self._show()

    def _chosen(self, ids: list[int]) -> None:
        self.ids, self.everything = ids, False
        self._show()

    def _choose_everything(self) -> None:
        self.everything = True
        self._show()

    def _which(self) -> tuple[PoolFilter, int]:
        """What was chosen, and how many leads that is."""
        if self.everything:
            return self.wanted, self.count
        return PoolFilter(leads=self.ids, team=self.wanted.team), len(self.ids)

    def _show(self) -> None:
        number = self.count if self.everything else len(self.ids)
        self._told.set_text(
            ngettext("1 lead chosen", "{number} leads chosen", number)
            if number
            else ngettext("1 lead rests", "{number} leads rest", self.count)
        )
        self._buttons.set_visibility(number > 0)
        self._all.set_visibility(not self.everything and self.count > self.shown)


async def _filters(visit: PageVisit, address: dict[str, str]) -> None:
    found = await visit.read(recycle_pool.choices, team_of(visit.caller))
    reasons = {code: f"{reason_label(code)} ({leads:,})" for code, leads in found.reasons.items()}
    owners = {
        code or NOBODY: f"{code or _('Nobody')} ({leads:,})" for code, leads in found.owners.items()
    }
    cadences = {
        code: f"{code} ({leads:,})" for code, leads in sorted(found.cadences.items()) if code
    }
    times = {"week": _("This week"), "month": _("This month")}
    week = address["week"]
    if week:
        times |= {week: _("Week of {day}", day=short_day(date.fromisoformat(week)))}

    def select(name: str, label: str, everything: str, options: dict[str, str]) -> None:
        chosen = address["week"] or address["due"] if name == "due" else address[name]
        known = {"": everything} | options
        known.setdefault(chosen, chosen)

        def go(value: str) -> None:
            asked = address | {name: value}
            if name == "due":
                asked["week"] = ""
            ui.navigate.to(_path(asked))

        ui.select(known, value=chosen, label=label, on_change=lambda event: go(event.value))

    with ui.element("div").classes("filters"):
        select("reason", _("Why"), _("Any reason"), reasons)
        select("owner", _("Owner"), _("Any owner"), dict(sorted(owners.items())))
        select("due", _("Until"), _("Any time"), times)
        select("cadence", _("Comes back into"), _("Any cadence"), cadences)
        select("asked", _("Asked-for day"), _("With or without"), {"1": _("Asked for a day")})


def _cells(one: PoolLine) -> tuple[Cell, ...]:
    until = moment(one.until)
    if one.called:
        until += Markup(" {}").format(badge(_("asked for"), "good"))
    return (
        Markup('<span class="two">{}{}</span>').format(
            link(one.name, f"/leads/{one.id}"), quiet(one.company)
        ),
        reason_label(one.reason),
        labels.person(one.owner) or quiet(_("Nobody")),
        moment(one.since),
        until,
        _("A call") if one.called else one.cadence or quiet(_("The one before")),
        one.cycle,
        one.score,
    )


def _forecast(ahead: ReturnForecast, address: dict[str, str]) -> None:
    most = max([*ahead.weeks.values(), 1])
    bars = Markup().join(
        Markup(
            '<li><a href="{}" aria-label="{}"{}><b>{}</b><i style="block-size: {}%"></i>'
            "<span>{}</span></a></li>"
        ).format(
            f"/console{_path(address | {'week': monday.isoformat(), 'due': ''})}",
            ngettext(
                "Week of {day}: 1 lead",
                "Week of {day}: {number} leads",
                leads,
                day=short_day(monday),
            ),
            Markup(' aria-current="true"') if address["week"] == monday.isoformat() else "",
            f"{leads:,}" if leads else "",
            round(100 * leads / most, 1),
            # There is no room for the name of each week.
            "" if number % 2 else short_day(monday),
        )
        for number, (monday, leads) in enumerate(ahead.weeks.items())
    )
    with section(_("They come back in the week of")):
        show(
            Markup('<ol class="weeks" tabindex="0" aria-label="{}">{}</ol>').format(
                _("They come back in the week of"), bars
            )
        )
        words = []
        if ahead.later:
            words.append(ngettext("1 lead later", "{number} leads later", ahead.later))
        if ahead.never:
            words.append(
                ngettext("1 lead without a day", "{number} leads without a day", ahead.never)
            )
        if words:
            show(quiet(" · ".join(words)), "p")


def _span(now: datetime, due: str, monday: date | None) -> tuple[datetime | None, datetime | None]:
    """From when until when leads come back, UTC; the overdue are in the first of all weeks."""
    week = monday_of(now)
    if monday:
        begins = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        return (None if begins <= week else begins), begins + timedelta(weeks=1)
    if due == "week":
        return None, week + timedelta(weeks=1)
    if due == "month":
        there = now.astimezone(UTC)
        return None, datetime(there.year + there.month // 12, there.month % 12 + 1, 1, tzinfo=UTC)
    return None, None


def _monday(week: str) -> date | None:
    try:
        return date.fromisoformat(week)
    except ValueError:
        return None


def _path(address: dict[str, str]) -> str:
    asked = urlencode({name: value for name, value in address.items() if value})
    return f"/recycle?{asked}" if asked else "/recycle"
