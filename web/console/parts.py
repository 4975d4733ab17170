"""What pages are made of. Whatever returns ``Markup`` escapes what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from nicegui import ui
from nicegui.events import GenericEventArguments

from web.console.words import _

Tone = Literal["plain", "good", "warn", "bad", "quiet"]
Cell = str | Markup | int | None


class HeadingMeaning(NamedTuple):
    """What a heading means: the id of the place on the page that says so, and what it says."""

    place: str
    text: str


_JINJA = Environment(autoescape=True, undefined=StrictUndefined)


def show(markup: Markup, tag: str = "div") -> ui.html:
    """Put markup of ours on the page."""
    return ui.html(markup, tag=tag, sanitize=False)


def piece(source: str) -> Callable[..., Markup]:
    """HTML with places, in Jinja2's syntax: called with a value for each place, it gives them
    escaped. For what is drawn many times over, as it is compiled once."""
    template = _JINJA.from_string("".join(line.strip() for line in source.splitlines()))

    def filled(**values: object) -> Markup:
        return escape(template.make_module(values))

    return filled


_TABLE = piece(
    """
    <div class="scroll" tabindex="0" role="region" aria-label="{{ caption }}">
    <table><caption>{{ caption }}</caption>
    <thead><tr>
    {% for heading in headings %}
    <th scope="col"{% if loop.index0 in numbers %} class="number"{% endif %}
    {% if sortable and heading %} data-sorts{% endif %}
    {% if loop.index0 in orders and orders[loop.index0] == order %}
    aria-sort="{{ 'ascending' if order in rising else 'descending' }}"
    {% endif %}>
    {% if loop.index0 in orders or (sortable and heading) %}
    <button type="button" data-order="{{ orders.get(loop.index0, '') }}">{{ heading }}</button>
    {% elif loop.index0 in meanings %}
    <a class="means" href="#{{ meanings[loop.index0].place }}" {#
    #} title="{{ meanings[loop.index0].text }}">{{ heading }}</a>
    {% else %}{{ heading }}{% endif %}</th>
    {% endfor %}
    </tr></thead>
    <tbody>
    {% for row in rows %}<tr>
    {% for cell in row %}
    <td data-label="{{ headings[loop.index0] }}"
    {% if loop.index0 in numbers %} class="number"{% endif %}>
    {{ "" if cell is none else cell }}</td>
    {% endfor %}
    </tr>{% endfor %}
    </tbody></table></div>
    """
)
_CHOICE = piece(
    """
    <span>{{ label }}</span>
    <select>
    {% for one, shown in options.items() %}
    <option value="{{ one }}"{% if one == value %} selected{% endif %}>{{ shown }}</option>
    {% endfor %}
    </select>
    """
)


def link(text: Cell, path: str, **query: object) -> Markup:
    """A link within the console (``/leads/12``) or, with a scheme, out of it in a new tab."""
    asked = "&".join(f"{name}={quote(str(value))}" for name, value in query.items() if value != "")
    outside = path.startswith(("https://", "http://"))
    address = path if outside or path.startswith(("mailto:", "tel:")) else f"/console{path}"
    out = Markup(' target="_blank" rel="noopener"') if outside else ""
    return Markup('<a href="{}"{}>{}</a>').format(
        address + (f"?{asked}" if asked else ""), out, text
    )


def badge(text: Cell, tone: Tone = "plain") -> Markup:
    """A short word about a thing, such as its stage. Never the colour alone tells it."""
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


def quiet(text: Cell) -> Markup:
    """Text of second rank; nothing for no text."""
    return Markup('<span class="quiet">{}</span>').format(text) if text != "" else Markup()


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    caption: str,
    numbers: Sequence[int] = (),
    sortable: bool = False,
    orders: Mapping[int, str] = {},
    order: str = "",
    rising: Container[str] = (),
    meanings: Mapping[int, HeadingMeaning] = {},
) -> Markup:
    """A table; on a phone each row becomes a card.

    Args:
        headings: already translated; an empty one for a column of buttons or badges.
        caption: what it lists, for those who hear the page.
        numbers: indices of the columns that are right-aligned.
        sortable: the browser sorts it by any column: for lists that are there as a whole.
        orders: index of a column → the order of the whole list that its heading asks for, as
            ``data-order`` of the button that is pressed; ``order`` is the one it is in, and those
            among ``rising`` begin with the least.
        meanings: index of a column → what its heading says on hover, and leads to.
    """
    return _TABLE(
        headings=headings,
        rows=rows,
        caption=caption,
        numbers=numbers,
        sortable=sortable,
        orders=orders,
        order=order,
        rising=rising,
        meanings=meanings,
    )


def facts(pairs: Mapping[str, Cell] | Iterable[tuple[str, Cell]]) -> Markup:
    """Names and their values; those without a value are left out."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    lines = Markup().join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(name, value)
        for name, value in items
        if value not in ("", None)
    )
    return Markup('<dl class="facts">{}</dl>').format(lines)


def empty(sentence: str, next_step: Markup | str = "") -> None:
    """What a list shows instead of nothing: a sentence, and what to do next."""
    show(Markup('<p class="empty">{} {}</p>').format(sentence, next_step))


def section(title: str) -> ui.element:
    """A part of a page with its own heading: ``with section(_("Score")): …``."""
    made = ui.element("section").classes("part")
    with made:
        show(escape(title), "h2")
    return made


def button(
    text: str,
    on_click: Callable[[], Awaitable[None] | None],
    *,
    main: bool = False,
    danger: bool = False,
    key: str = "",
) -> ui.button:
    """A button; ``key`` is the key that presses it (``console.js``), shown on it."""
    made = ui.button(text, on_click=on_click, color=None).props("no-caps unelevated")
    made.classes("main" if main else "danger" if danger else "plain")
    if key:
        made.props(f'data-key="{key}" aria-keyshortcuts="{key}"')
        with made:
            show(Markup("<kbd>{}</kbd>").format(key), "span")
    return made


@contextmanager
def busy(pressed: ui.button) -> Iterator[None]:
    """Have a button show that what it began is being done, and take no second press."""
    pressed.props("loading disable")
    try:
        yield
    finally:
        pressed.props(remove="loading disable")


def go(text: str, path: str, *, main: bool = False, key: str = "") -> None:
    """A link within the console that looks like a button; ``key`` is the key that follows it."""
    keyed = (
        Markup(' data-key="{}" aria-keyshortcuts="{}"').format(key, key),
        Markup("<kbd>{}</kbd>").format(key),
    )
    show(
        Markup('<a class="go{}" href="/console{}"{}>{}{}</a>').format(
            " main" if main else "", path, keyed[0] if key else "", text, keyed[1] if key else ""
        ),
        "span",
    )


def choice(
    label: str,
    options: Mapping[str, str],
    value: str,
    on_change: Callable[[str], Awaitable[None] | None],
) -> ui.html:
    """The browser's own list to choose from, value → what is shown: at once on a phone, and it
    costs the server nothing however long it is."""
    made = show(_CHOICE(label=label, options=options, value=value), "label")

    async def chosen(event: GenericEventArguments) -> None:
        done = on_change(str(event.args))
        if done is not None:
            await done

    return made.classes("choice").on(
        "change", chosen, js_handler="(event) => emit(event.target.value)"
    )


async def sure(question: str, yes: str, *, danger: bool = True, details: Markup | str = "") -> bool:
    """Ask before something that can't be undone, with what would come of it in ``details``; whether
    they said yes. Where ``yes`` is '' it is only told."""
    with ui.dialog() as dialog, ui.card().classes("ask told" if details else "ask"):
        dialog.props["aria-label"] = question
        show(escape(question), "p")
        if details:
            show(escape(details))
        with ui.element("div").classes("acts"):
            button(_("Cancel") if yes else _("Close"), lambda: dialog.submit(False))
            if yes:
                button(yes, lambda: dialog.submit(True), main=not danger, danger=danger)
    answer = await dialog
    dialog.delete()
    return bool(answer)
