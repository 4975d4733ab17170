"""What is chosen for an import before it is started: columns, source, cadence; and the preview."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from markupsafe import Markup, escape
from nicegui import ui

import services.imports
from domain.lead_files.columns import ASK, KEPT
from domain.lead_files.preview import Preview
from domain.lead_files.rejects import REJECT_COLUMNS
from domain.lead_files.row import LeadRow
from domain.names import full_name
from domain.refusals import Refusal
from store.imports.lead_import import new_among
from store.published.cadences import enterable_cadences
from store.scoring.import_pace import import_pace
from web.api import imports as imports_api
from web.api.imports import Column, ImportDetail
from web.console import labels
from web.console.imports.sentences import (
    ASKED_FIELDS,
    DATES,
    ENCODINGS,
    FIELDS,
    NOT_UNDERSTOOD,
    for_sales,
)
from web.console.parts import Cell, badge, button, quiet, section, show, table
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

SHOWN = 8
"""Leads and rejects of the preview that are shown."""
SEPARATORS = {
    ",": N_("Columns are separated by commas."),
    ";": N_("Columns are separated by semicolons."),
    "\t": N_("Columns are separated by tabs."),
    "|": N_("Columns are separated by bars."),
}


class ImportForm:
    """The form of an import that can be started.

    Args:
        again: draws the page anew.
        start: starts the import.
    """

    def __init__(
        self,
        visit: PageVisit,
        detail: ImportDetail,
        again: Callable[[], Awaitable[None]],
        start: Callable[[], Awaitable[None]],
    ) -> None:
        self.visit, self.detail, self.again, self.start = visit, detail, again, start
        self.fields = [column.field for column in detail.columns]
        self.begun = False
        self.turn = asyncio.Lock()
        """What is typed last must be kept before the import starts."""

    async def show(self) -> None:
        """Put it on the page."""
        cadences = await self.visit.read(enterable_cadences)
        with section(_("Columns")), ui.element("div").classes("mapping"):
            for at, column in enumerate(self.detail.columns):
                # What a file of rejected rows begins with is never read.
                if column.name not in REJECT_COLUMNS:
                    self._column(at, column)
        with section(_("For all rows")):
            self._rest(cadences)
        with section(_("Preview")):
            self.shown = ui.element("div")
            # Not drawn anew with the preview: it may be under somebody's finger.
            with ui.element("div").classes("acts"):
                self.go = button(_("Import"), self._start, main=True)
        await self._preview()

    def _column(self, at: int, column: Column) -> None:
        def chosen(event: object) -> Awaitable[None]:
            self.fields[at] = str(getattr(event, "value", "") or "")
            return self._change(fields=self.fields)

        fields = ASKED_FIELDS if column.field in (ASK, KEPT) else FIELDS
        options = {code: _(name) for code, name in fields.items()}
        name = column.name or _("Column {number}", number=at + 1)
        ui.select(options, value=column.field, label=name, on_change=chosen).props("outlined dense")
        show(quiet(" · ".join(column.samples) or _("(empty)"))).classes("mapping-samples")

    def _rest(self, cadences: list[str]) -> None:
        run = self.detail.run
        encodings = {code: _(name) for code, name in ENCODINGS.items() if code}
        with ui.element("div").classes("filters"):
            self.source = ui.input(_("Source"), value=run.source)
            self.source.props("outlined dense maxlength=300")
            self.source.on("blur", lambda: self._change(source=self.source.value or ""))
            ui.select(
                {name: name for name in cadences} | {"": _("None: no journeys are started")},
                value=run.cadence if run.cadence in cadences else "",
                label=_("Cadence"),
                on_change=lambda event: self._change(cadence=event.value),
            ).props("outlined dense").classes("whose")
            ui.select(
                {run.encoding: run.encoding.upper()} | encodings,
                value=run.encoding,
                label=_("Encoding"),
                on_change=lambda event: self._read_again(event.value),
            ).props("outlined dense")
            ui.select(
                {code: _(name) for code, name in DATES.items()},
                value=run.dates,
                label=_("Order of dates"),
                on_change=lambda event: self._change(dates=event.value),
            ).props("outlined dense")
        separator = SEPARATORS.get(self.detail.delimiter, "")
        replaced = _("A source given here replaces a column of sources.")
        show(quiet(f"{_(separator)} {replaced}" if separator else replaced), "p")

    async def _change(self, **choice: Any) -> None:
        async with self.turn:
            # The click that starts an import takes the focus from what was typed last.
            if not self.begun:
                await self.visit.act(services.imports.change, self.detail.run.id, **choice)
                await self._preview()

    async def _start(self) -> None:
        self.go.disable()
        try:
            async with self.turn:
                source = self.source.value or ""
                await self.visit.act(services.imports.change, self.detail.run.id, source=source)
                self.begun = True
                await self.start()
        except Refusal:
            self.begun = False
            self.go.enable()
            raise

    async def _read_again(self, encoding: str) -> None:
        await self.visit.act(services.imports.change, self.detail.run.id, encoding=encoding)
        await self.again()

    async def _preview(self) -> None:
        try:
            found = await self.visit.ask(imports_api.look, self.detail.run.id)
        except Refusal as problem:
            self.go.disable()
            self.shown.clear()
            with self.shown:
                show(escape(told(str(problem))), "p").classes("wrong").props('role="alert"')
            return
        now = self.visit.context.clock.now()
        pace = await self.visit.read(import_pace, found, self.detail.run.lines, now)
        new = await self.visit.read(new_among, [lead.email_key for lead in found.leads])
        self.shown.clear()
        with self.shown:
            _show(found, new)
            if pace.ready:
                about = "" if found.whole else _("About, from the first rows:")
                said = for_sales(pace.whole_file, pace.hours)
                show(escape(f"{about} {said}".strip()), "p")
        self.go.set_enabled(bool(found.leads) or not found.whole)


def _show(found: Preview, new: int) -> None:
    """What becomes of the first rows; ``new`` of them are of nobody known."""
    leads = [ngettext("1 becomes a lead", "{number} become leads", new)]
    if known := len(found.leads) - new:
        leads.append(ngettext("1 is known already", "{number} are known already", known))
    counts: dict[str, object] = {
        "rows": ngettext("1 row", "{number} rows", found.rows),
        "leads": ", ".join(leads),
        "rejects": ngettext("1 is rejected", "{number} are rejected", len(found.rejects)),
    }
    sentence = (
        _("The file has {rows}: {leads}, {rejects}.", **counts)
        if found.whole
        else _("Of the first {rows}: {leads}, {rejects}.", **counts)
    )
    show(escape(sentence), "p").props('role="status"')
    if found.not_understood:
        show(not_understood(found.not_understood))
    if found.leads:
        show(
            table(
                (
                    _("E-mail address"),
                    _("Name"),
                    _("Job title"),
                    _("Company"),
                    _("Country"),
                    _("Language"),
                    _("Time zone"),
                    _("Attributes"),
                ),
                [_lead(lead) for lead in found.leads[:SHOWN]],
                caption=_("The first leads"),
            )
        )
    if found.rejects:
        show(
            table(
                (_("Row"), _("Why it is rejected")),
                [(one.row, told(one.reason)) for one in found.rejects[:SHOWN]],
                caption=_("Rejected rows"),
            )
        ).classes("import-rejects")


def not_understood(counts: Mapping[str, int]) -> Markup:
    """How many rows had a value that was not understood, by field."""
    return table(
        (_("Not understood, kept as attributes"), _("Rows")),
        [(_(NOT_UNDERSTOOD.get(name, name)), counts[name]) for name in sorted(counts)],
        caption=_("Not understood, kept as attributes"),
        numbers=(1,),
    )


def _lead(lead: LeadRow) -> tuple[Cell, ...]:
    no_mail = badge(_("no mail"), "warn") if lead.unsubscribed else ""
    return (
        Markup("{} {}").format(lead.email or quiet(lead.phone), no_mail),
        full_name(lead.first_name, lead.last_name),
        lead.title,
        lead.company,
        labels.country(lead.country),
        labels.spoken(lead.language)
        if lead.language
        else quiet(labels.spoken(lead.language_guess)),
        lead.time_zone or quiet(lead.time_zone_guess),
        ", ".join(lead.attributes),
    )
