"""What the inbox is narrowed down to: tasks of one sort, such as calls, to be done in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from domain.contracts.tasks import TaskKind
from web.console.parts import quiet
from web.console.words import N_, _

SORTS: Mapping[str, tuple[str, Sequence[TaskKind]]] = {
    "calls": (N_("Calls"), (TaskKind.CALL,)),
    "accept": (N_("To accept"), (TaskKind.QUALIFY,)),
    "meetings": (N_("Meetings"), (TaskKind.MEETING_OUTCOME,)),
    "sales": (
        N_("Opportunities"),
        (TaskKind.OPPORTUNITY, TaskKind.LOSS_REVIEW, TaskKind.RENEWAL, TaskKind.UPSELL),
    ),
}
OTHER = "other"
ICONS: Mapping[str, str] = {
    TaskKind.CALL: "call",
    TaskKind.QUALIFY: "how_to_reg",
    TaskKind.MEETING_OUTCOME: "event",
    TaskKind.OPPORTUNITY: "monetization_on",
    TaskKind.LOSS_REVIEW: "rate_review",
    TaskKind.RENEWAL: "autorenew",
    TaskKind.UPSELL: "trending_up",
    TaskKind.HAND_OVER: "handshake",
    TaskKind.CUSTOMER_QUESTION: "contact_support",
    TaskKind.LEAD_MESSAGE: "mail",
    TaskKind.TO_DO: "checklist",
}

PRESSED = "(e) => { const one = e.target.closest('[data-sort]'); if (one) emit(one.dataset.sort); }"
"""Tells which sort was chosen."""


def kinds_of(sort: str) -> list[str] | None:
    """The kinds of task of a sort; None for all."""
    if sort == OTHER:
        named = {kind for _label, kinds in SORTS.values() for kind in kinds}
        return [kind for kind in TaskKind if kind not in named]
    return list(SORTS[sort][1]) if sort in SORTS else None


def name_of(sort: str) -> str:
    """A sort in the visitor's words."""
    return _(SORTS[sort][0]) if sort in SORTS else _("Other tasks") if sort == OTHER else _("All")


def sorts(counted: Mapping[str, int], chosen: str) -> Markup:
    """Buttons to choose a sort by; those of which there is nothing are left out.

    Args:
        counted: kind of work → how many tasks are on the list.
    """
    shown = {"": sum(counted.values())}
    for sort in (*SORTS, OTHER):
        number = sum(counted.get(kind, 0) for kind in kinds_of(sort) or ())
        if number or sort == chosen:
            shown[sort] = number
    if len(shown) < 3 and not chosen:
        return Markup()  # There is nothing to choose between.
    return Markup('<div class="sorts" role="group" aria-label="{}">{}</div>').format(
        _("Only tasks of one sort"),
        Markup().join(
            Markup(
                '<button type="button" data-sort="{}" aria-pressed="{}"{}>{} {}</button>'
            ).format(
                sort,
                "true" if sort == chosen else "false",
                # One key does nothing but calls, the same again shows everything.
                Markup(' data-key="o" aria-keyshortcuts="o"')
                if sort == ("" if chosen == "calls" else "calls")
                else "",
                name_of(sort),
                quiet(number),
            )
            for sort, number in shown.items()
        ),
    )
