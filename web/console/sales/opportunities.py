"""``/console/opportunities``: sales by stage, and which of them stand still or lack something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.contracts.tasks import CLOSES_OPPORTUNITY
from domain.time.spans import ClockSpan
from services.access import team_of
from store.views import opportunity_list
from store.views.opportunity_list import (
    OpenOpportunityLine,
    OpportunityFilter,
    OpportunityOrder,
    StageCount,
    State,
)
from web.api import opportunities as opportunities_api
from web.console import labels
from web.console.inbox.typed import ASKED
from web.console.inbox.what_follows import span_label
from web.console.labels import disposition, opportunity_stage
from web.console.labels import reason as reason_label
from web.console.lists.export import export_button
from web.console.lists.saved_views import SavedViews
from web.console.lists.sorting import ORDER_CHOSEN
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, quiet, show, table
from web.console.sales.opportunity import money, shown_close
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PAGE = 50
ORDERS: Mapping[int, OpportunityOrder] = {0: "account", 2: "owner", 3: "stage", 4: "since"}
"""Column → the order that its heading asks for."""
TONES: dict[str, Tone] = {"won": "good", "lost": "bad"}
ONLY = {"stalled": N_("Standing still"), "missing": N_("Something not known")}
"""What an open opportunity may be looked at for."""


@console_page("/opportunities", Action.READ_OPPORTUNITIES, N_("Opportunities"))
async def opportunities(
    visit: PageVisit,
    *,
    state: str = "open",
    stage: str = "",
    owner: str = "",
    only: str = "",
    order: str = "",
    cursor: str = "",
) -> None:
    """Sales in a state, a stage, of a rep, or ``only`` those that are stalled or lack something
    (``missing``); an SDR sees those with the team's leads."""
    now = visit.context.clock.now()
    team = team_of(visit.caller)
    known: State = state if state in get_args(State) else "open"  # type: ignore[assignment]
    wanted = OpportunityFilter(
        state=known,
        stage=stage,
        owner=owner.strip() or None,
        stalled=only == "stalled",
        incomplete=only == "missing",
        team=team,
    )
    chosen: OpportunityOrder = order if order in get_args(OpportunityOrder) else "id"  # type: ignore[assignment]
    address = {"state": known, "stage": stage, "owner": owner.strip(), "only": only}
    address["order"] = "" if chosen == "id" else chosen
    stages = await visit.read(opportunity_list.by_stage, now, team)
    page = await visit.ask(
        opportunities_api.list_all,
        state=known,
        stage=stage,
        owner=wanted.owner,
        stalled=wanted.stalled,
        incomplete=wanted.incomplete,
        order=chosen,
        cursor=cursor or None,
        limit=PAGE,
    )
    found = page.items

    with visit.top:
        export_button(
            "/opportunities",
            {
                "state": known,
                "stage": stage,
                "owner": wanted.owner,
                "stalled": wanted.stalled,
                "incomplete": wanted.incomplete,
                "order": chosen,
            },
        )
    shown = address | {"state": "" if known == "open" else known}
    await SavedViews(visit, "/opportunities", lambda: _path(shown).partition("?")[2]).show()
    show(Markup().join(_tile(one, stage) for one in stages)).classes("tiles")
    _filters(address, [one.stage for one in stages], visit.people)
    if not found:
        empty(
            _("There are no such opportunities: one is opened when a meeting was held."),
            link(_("Look at the meetings"), "/meetings"),
        )
        return
    show(_table(found, {one.stage: one.expected for one in stages}, chosen)).on(
        "click",
        lambda event: ui.navigate.to(_path(address | {"order": str(event.args)})),
        js_handler=ORDER_CHOSEN,
    )
    with ui.element("div").classes("acts"):
        if cursor:
            show(link(_("First page"), "/opportunities", **address), "span")
        if page.next_cursor:
            more = address | {"cursor": page.next_cursor}
            show(link(_("Next page"), "/opportunities", **more), "span")


def _tile(one: StageCount, chosen: str) -> Markup:
    return Markup(
        '<a class="tile {}" href="{}"{}><b>{}</b><span>{}</span><br><span>{}</span></a>'
    ).format(
        "warn" if one.stalled else "plain",
        f"/console{_path({'stage': '' if one.stage == chosen else one.stage})}",
        Markup(' aria-current="true"') if one.stage == chosen else "",
        f"{one.open:,}",
        opportunity_stage(one.stage),
        " · ".join(
            part
            for part in (
                _("expected {span}", span=span_label(one.expected)) if one.expected else "",
                ngettext("1 stands still", "{number} stand still", one.stalled)
                if one.stalled
                else "",
            )
            if part
        ),
    )


def _filters(address: dict[str, str], stages: Sequence[str], people: Mapping[str, str]) -> None:
    def go(name: str, value: str) -> None:
        ui.navigate.to(_path(address | {name: value}))

    def select(name: str, label: str, options: dict[str, str]) -> None:
        known = dict(options)
        known.setdefault(address[name], address[name])
        ui.select(
            known,
            value=address[name],
            label=label,
            on_change=lambda event: go(name, event.value),
        )

    closed = {one: disposition(one) for one in CLOSES_OPPORTUNITY}
    states = {"open": _("Open")} | closed | {"stalled": reason_label("stalled"), "any": _("All")}
    with ui.element("div").classes("filters"):
        select("state", _("State"), states)
        select(
            "stage",
            _("Stage"),
            {"": _("Any stage")} | {one: opportunity_stage(one) for one in stages},
        )
        select(
            "only", _("Only"), {"": _("Everything")} | {one: _(said) for one, said in ONLY.items()}
        )
        select("owner", _("Rep"), {"": _("Everybody")} | dict(people))


def _table(
    found: Sequence[OpenOpportunityLine],
    expected: Mapping[str, ClockSpan | None],
    order: OpportunityOrder,
) -> Markup:
    return table(
        (
            _("Account"),
            _("Lead"),
            _("Owner"),
            _("Stage"),
            _("In it since"),
            _("Expected until"),
            _("Amount"),
            _("Expected close"),
            _("Not known yet"),
        ),
        [_row(one, expected.get(one.stage)) for one in found],
        caption=_("Opportunities"),
        orders=ORDERS,
        order=order,
        rising=ORDERS.values(),
    )


def _row(one: OpenOpportunityLine, takes: ClockSpan | None) -> tuple[Cell, ...]:
    account: Cell = link(one.account, f"/accounts/{one.account_id}") if one.account_id else "–"
    if one.name:
        account = Markup('<span class="two">{}{}</span>').format(account, quiet(one.name))
    return (
        account,
        link(one.lead, f"/leads/{one.lead_id}"),
        labels.person(one.owner) or quiet(_("Nobody")),
        Markup("{} {}").format(opportunity_stage(one.stage), _mark(one)),
        moment(one.since),
        _expected(one, takes) if one.outcome == "" else _closed(one),
        link(money(one.amount, one.currency) or _("Say it"), f"/opportunities/{one.id}"),
        shown_close(one) or "–",
        Markup(" ").join(badge(_(ASKED[name]), "warn") for name in one.missing)
        if one.outcome == ""
        else "",
    )


def _mark(one: OpenOpportunityLine) -> Markup:
    if one.outcome:
        label = disposition if one.outcome != "stalled" else reason_label
        return badge(label(one.outcome), TONES.get(one.outcome, "plain"))
    marks = []
    if one.stalled:
        marks.append(badge(_("stands still"), "bad"))
    if one.help_offered_at:
        marks.append(badge(_("marketing helps")))
    return Markup(" ").join(marks)


def _expected(one: OpenOpportunityLine, takes: ClockSpan | None) -> Markup:
    """When its stage is expected to be over, and how long that takes."""
    return Markup("{} {}").format(moment(one.due_at), quiet(span_label(takes) if takes else ""))


def _closed(one: OpenOpportunityLine) -> Markup:
    """When it was closed, and why."""
    why = [reason_label(one.outcome_reason)] if one.outcome_reason else []
    if one.competitor:
        why.append(one.competitor)
    return Markup("{} {}").format(moment(one.closed_at), quiet(" · ".join(why)))


def _path(address: dict[str, str]) -> str:
    asked = urlencode({name: value for name, value in address.items() if value})
    return f"/opportunities?{asked}" if asked else "/opportunities"
