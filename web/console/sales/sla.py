"""The SLA of a month, both ways: what marketing promised sales, and what sales promised it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from markupsafe import Markup

from store.views.sla_figures import SlaFigures
from web.console.labels import promise as promise_label
from web.console.labels import reason as reason_label
from web.console.parts import Cell, badge, empty, facts, link, quiet, show, table
from web.console.times import month_name
from web.console.words import _, ngettext

OF_MARKETING = "hand_over"


def kept_by(shown: SlaFigures) -> dict[str, tuple[int, int]]:
    """Rep → promises of sales kept, and decided."""
    found: dict[str, tuple[int, int]] = {}
    for one in shown.kept:
        if one.owner and one.promise != OF_MARKETING:
            kept, decided = found.get(one.owner, (0, 0))
            found[one.owner] = (kept + one.kept, decided + one.kept + one.broken)
    return found


def show_sla(shown: SlaFigures, names: Mapping[str, str], team: str | None) -> None:
    """Both sides of a month.

    Args:
        names: rep → name, of those to list.
        team: only this one's total; None for everybody's.
    """
    show(_months(shown.month), "p")
    _marketing(shown)
    _sales(shown, names, team or "")


def _marketing(shown: SlaFigures) -> None:
    show(Markup("{}").format(_("Marketing to sales")), "h3")
    promised = shown.promised
    delivered: Cell = f"{shown.delivered:,}"
    if promised:
        part = f"{shown.delivered / promised:.0%}"
        delivered = Markup("{} {}").format(
            delivered, badge(part, "good" if shown.delivered >= promised else "warn")
        )
    handed = _share(shown, "", "", OF_MARKETING)
    show(
        facts(
            (
                (_("Leads promised"), f"{promised:,}" if promised is not None else None),
                (_("Crossed the threshold"), f"{shown.crossed:,}"),
                (_("Came into a rep's list"), delivered),
                (_("Handed over in time"), handed),
                (
                    _("What sales said"),
                    " · ".join(f"{_said(code)} {n:,}" for code, n in shown.verdicts.items()),
                ),
            )
        )
    )


def _sales(shown: SlaFigures, names: Mapping[str, str], team: str) -> None:
    show(Markup("{}").format(_("Sales to marketing")), "h3")
    promises = sorted({one.promise for one in shown.kept} - {OF_MARKETING})
    if not promises:
        empty(_("No promise of sales was decided in this month."))
        return
    owners = {one.owner for one in shown.kept if one.owner in names}
    rows: list[tuple[Cell, ...]] = [
        (
            link(name, f"/team/{code}"),
            *(_share(shown, None, code, promise) for promise in promises),
        )
        for code, name in names.items()
        if code in owners
    ]
    total = Markup("<strong>{}</strong>").format(_("Together"))
    rows.append((total, *(_share(shown, team, "", promise) for promise in promises)))
    show(
        table(
            (_("Rep"), *(promise_label(one) for one in promises)),
            rows,
            caption=_("Promises of sales, kept of those decided"),
            numbers=range(1, len(promises) + 1),
        )
    )
    answered = [
        (_("Until an answer"), shown.minutes_to_answer),
        (_("Until an answer to a hot lead"), shown.hot_minutes_to_answer),
    ]
    show(
        facts(
            (name, ngettext("1 business minute", "{number} business minutes", round(minutes)))
            for name, minutes in answered
            if minutes is not None
        )
    )


def _share(shown: SlaFigures, team: str | None, owner: str, promise: str) -> Markup:
    """What was kept of a promise; ``team`` None for a rep's of whichever."""
    found = [
        one
        for one in shown.kept
        if one.owner == owner and one.promise == promise and team in (None, one.team)
    ]
    kept = sum(one.kept for one in found)
    decided = kept + sum(one.broken for one in found)
    if not decided:
        return Markup("–")
    return Markup("{} {}").format(f"{kept / decided:.0%}", quiet(f"{kept:,}/{decided:,}"))


def _said(code: str) -> str:
    return _("Accepted") if code == "accepted" else reason_label(code)


def _months(month: str) -> Markup:
    """Links to the month before and after."""
    first = date.fromisoformat(f"{month}-01")
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    return Markup("{} · {}").format(
        link(f"← {month_name(before)}", "/team", month=f"{before:%Y-%m}"),
        link(f"{month_name(after)} →", "/team", month=f"{after:%Y-%m}"),
    )
