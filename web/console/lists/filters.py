"""What narrows a list: fields that tell their new value whenever it changes."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments

from web.console.parts import piece, show
from web.console.words import _

_NUMBERS = itertools.count()
_MANY = piece(
    """
    <span id="many-{{ number }}">{{ label }}</span>
    <button type="button" id="chosen-{{ number }}" data-any="{{ any }}" {#
    #} aria-labelledby="many-{{ number }} chosen-{{ number }}" {#
    #} popovertarget="options-{{ number }}"{{ ' class=chosen' if shown }}>
    <span>{{ shown or any }}</span></button>
    <div popover id="options-{{ number }}" role="group" aria-label="{{ label }}">
    {% for one, words in options.items() %}
    <label><input type="checkbox" value="{{ one }}"{% if one in values %} checked{% endif %}>
    {{ words }}</label>
    {% endfor %}
    </div>
    """
)


def many(
    label: str,
    options: Mapping[str, str],
    values: Collection[str],
    on_change: Callable[[list[str]], Awaitable[None]],
) -> None:
    """A filter of which any of several values may fit; none ticked is any.

    Args:
        options: value → what is shown, without those of ``values`` that are gone by now: they are
            still what the list shows.
    """
    known = {**options, **{one: one for one in values if one not in options}}
    made = show(
        _MANY(
            number=next(_NUMBERS),
            label=label,
            options=known,
            values=values,
            shown=_shortly([known[one] for one in known if one in values]),
            any=_("Any"),
        )
    ).classes("many")

    async def chosen(event: GenericEventArguments) -> None:
        await on_change([str(one) for one in event.args])

    made.on("change", chosen, js_handler="(event) => emit(chosenOf(event.currentTarget))")


def _shortly(chosen: Sequence[str]) -> str:
    """The first two, and how many more; ``lists.js`` writes the same when they change."""
    more = f" +{len(chosen) - 2}" if len(chosen) > 2 else ""
    return ", ".join(chosen[:2]) + more


def search_field(label: str, value: str, on_change: Callable[[str], Awaitable[None]]) -> ui.input:
    """The box for words; ``/`` leads to it."""
    box = ui.input(
        label, value=value, on_change=lambda event: on_change((event.value or "").strip())
    )
    box.props('outlined dense clearable debounce=200 data-key="/" type="search"')
    return box.classes("wide")


def tick(label: str, value: bool, on_change: Callable[[bool], Awaitable[None]]) -> None:
    """A filter that is on or off."""
    ui.checkbox(label, value=value, on_change=lambda event: on_change(bool(event.value)))


def day_field(label: str, value: str, on_change: Callable[[str], Awaitable[None]]) -> None:
    """A field for a day."""
    box = ui.input(label, value=value, on_change=lambda event: on_change(event.value or ""))
    box.props("clearable stack-label type=date debounce=300")
