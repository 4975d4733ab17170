"""Rows of a list that are ticked, to do something about all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from nicegui.events import GenericEventArguments

from web.console.lists.sorting import ORDER_CHOSEN
from web.console.parts import Cell, show, table
from web.console.words import _, ngettext

PICKED = """(event) => {
    const boxes = [...event.currentTarget.querySelectorAll("input[data-pick]")];
    if (event.target.dataset.all !== undefined) {
        for (const box of boxes) box.checked = event.target.checked;
    } else {
        const all = event.currentTarget.querySelector("[data-all]");
        if (all) all.checked = boxes.every((box) => box.checked);
    }
    emit(boxes.filter((box) => box.checked).map((box) => Number(box.dataset.pick)));
}"""
"""Tells the ids of the boxes that are ticked whenever one of them was."""


@dataclass(frozen=True)
class Row:
    """A row that can be ticked: an id, whose it is in words, and what the list shows."""

    id: int
    name: str
    cells: Sequence[Cell]


def pick_table(
    headings: Sequence[str],
    rows: Sequence[Row],
    changed: Callable[[list[int]], None],
    *,
    caption: str,
    numbers: Sequence[int] = (),
    picked: Container[int] = (),
    orders: Mapping[int, str] = {},
    order: str = "",
    rising: Container[str] = (),
    sort: Callable[[str], object] | None = None,
) -> None:
    """A table (``web.console.parts.table``) with a box in front of every row, and one for all.

    Args:
        headings: without the boxes' own; ``numbers`` and ``orders`` have indices into them.
        changed: is told the ids of the ticked rows whenever they change.
        picked: ids of the rows that are ticked from the start.
        sort: gets the order that a heading asks for.
    """
    box = Markup('<input type="checkbox" data-pick="{}" aria-label="{}"{}>')
    ticked = [
        (
            box.format(
                row.id,
                _("Choose {name}", name=row.name),
                Markup(" checked") if row.id in picked else "",
            ),
            *row.cells,
        )
        for row in rows
    ]
    everyone = Markup('<label class="everyone"><input type="checkbox" data-all> {}</label>').format(
        ngettext("Choose the 1 shown", "Choose all {number} shown", len(rows))
    )
    shown = table(
        ("", *headings),
        ticked,
        caption=caption,
        numbers=[number + 1 for number in numbers],
        orders={at + 1: name for at, name in orders.items()},
        order=order,
        rising=rising,
    )

    def told(event: GenericEventArguments) -> None:
        changed([int(one) for one in event.args])

    made = show(everyone + shown).on("change", told, js_handler=PICKED).classes("picks")
    if sort is not None:
        made.on("click", lambda event: sort(str(event.args)), js_handler=ORDER_CHOSEN)
