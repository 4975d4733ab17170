"""On every page: the search over everything (``/``, Ctrl+K) and the keys of the page (``?``)."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from store.views.everything import Everything
from web.api import search as search_api
from web.console import labels
from web.console.parts import button, link, piece, quiet, show
from web.console.times import weekday_time
from web.console.visit import PageVisit
from web.console.words import _

_KEYS = piece(
    """
    <dialog id="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">{{ title }}</h2>
    <dl class="own"></dl>
    <dl>
    <div class="moves"><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>{{ moves }}</dd></div>
    {% for keys, words in everywhere %}
    <div><dt>{% for key in keys %}<kbd>{{ key }}</kbd> {% endfor %}</dt><dd>{{ words }}</dd></div>
    {% endfor %}
    </dl>
    <form method="dialog"><button class="reach-by" autofocus>{{ close }}</button></form>
    </dialog>
    """
)


def finder(visit: PageVisit) -> None:
    """The button that opens the search, and the list of keys, which is shown by ``?``."""
    opener = button(_("Search"), lambda: _Search(visit).show())
    opener.props('icon=search data-search-all aria-keyshortcuts="Control+K"')
    opener.props["aria-label"] = _("Search everything")
    everywhere = (
        (("/", "Ctrl K"), _("Search everything")),
        (("?",), _("Show these keys")),
        (("Esc",), _("Leave a field or close what is open")),
    )
    show(
        _KEYS(
            title=_("Keys on this page"),
            moves=_("Go through the list"),
            everywhere=everywhere,
            close=_("Close"),
        )
    )


class _Search:
    """The search as it is open."""

    def __init__(self, visit: PageVisit) -> None:
        self._visit = visit
        self._turn = 0

    async def show(self) -> None:
        with ui.dialog().props("position=top") as dialog, ui.card().classes("everything"):
            dialog.props["aria-label"] = _("Search everything")
            box = ui.input(
                _("Lead, company, phone number, opportunity or cadence"), on_change=self._typed
            )
            box.props('debounce=150 autofocus clearable type="search"')
            self._results = ui.element("div").classes("results").props('role="status"')
        await dialog
        dialog.delete()

    async def _typed(self, event: ValueChangeEventArguments[str | None]) -> None:
        self._turn += 1
        turn, words = self._turn, (event.value or "").strip()
        found = await self._visit.ask(search_api.find, words) if words else None
        if turn != self._turn:
            return
        self._results.clear()
        with self._results:
            if found is not None:
                show(_told(found))


def _told(found: Everything) -> Markup:
    """What was found, kind by kind."""
    kinds: Sequence[tuple[str, list[Markup]]] = (
        (
            _("Leads"),
            [_line(one.name, one.company or one.email, f"/leads/{one.id}") for one in found.leads],
        ),
        (
            _("Accounts"),
            [_line(one.name, one.domain, f"/accounts/{one.id}") for one in found.accounts],
        ),
        (
            _("Meetings"),
            [
                _line(one.lead, weekday_time(one.starts_at), f"/leads/{one.lead_id}")
                for one in found.meetings
            ],
        ),
        (
            _("Opportunities"),
            [
                _line(
                    " · ".join(filter(None, (one.name, one.account))),
                    labels.disposition(one.outcome)
                    if one.outcome
                    else labels.opportunity_stage(one.stage),
                    f"/leads/{one.lead_id}",
                )
                for one in found.opportunities
            ],
        ),
        (_("Cadences"), [_line(name, "", f"/cadences/{name}") for name in found.cadences]),
    )
    parts = [
        Markup("<h3>{}</h3>{}").format(kind, Markup().join(lines)) for kind, lines in kinds if lines
    ]
    return Markup().join(parts) or Markup('<p class="quiet">{}</p>').format(
        _("Nothing has these words.")
    )


def _line(name: str, about: str, path: str) -> Markup:
    return link(Markup("<span>{}</span>{}").format(name, quiet(about)), path)
