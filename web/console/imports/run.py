"""``/console/import/{import_id}``: one import, from the choice of columns to its outcome."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

import services.imports
from domain.access import Action
from store.imports.import_runs import CAN_START, RunLine, find_run
from web.api import imports as imports_api
from web.console import labels
from web.console.frame import name_page
from web.console.imports.form import ImportForm, not_understood
from web.console.imports.sentences import STATES, for_sales, reason
from web.console.pages import console_page
from web.console.parts import badge, button, facts, link, quiet, section, show, sure, table
from web.console.refusals import told
from web.console.times import exact
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

LOOK_SECONDS = 1.0


@console_page("/import/{import_id}", Action.IMPORT_LEADS, N_("Import"))
async def import_run(visit: PageVisit, import_id: int) -> None:
    """Its form, its progress, or its outcome; who comes back finds what is true then."""
    with visit.top:
        show(link(_("All imports"), "/import"), "span")
    page = ImportPage(visit, import_id)
    await page.show()
    ui.timer(LOOK_SECONDS, page.look)


class ImportPage:
    """An import as it is open."""

    def __init__(self, visit: PageVisit, import_id: int) -> None:
        self.visit, self.import_id = visit, import_id
        self.body = ui.element("div").classes("import")
        self.running = False

    async def show(self) -> None:
        """Draw the page anew."""
        detail = await self.visit.ask(imports_api.show, self.import_id)
        run = detail.run
        self.running = run.state == "running"
        self.body.clear()
        with self.body:
            self._head(run)
            if run.state == "running":
                self._progress(run)
            elif run.state in CAN_START and detail.columns:
                await ImportForm(self.visit, detail, self.show, self._start).show()
            elif run.state in CAN_START:
                show(escape(_("The file is not kept any more: choose it again.")), "p")
            else:
                self._outcome(run)
            if run.state in CAN_START:
                with ui.element("div").classes("acts"):
                    button(_("Discard"), self._discard, danger=True)

    def _head(self, run: RunLine) -> None:
        name, tone = STATES[run.state]
        name_page(self.visit, run.file_name)
        with section(_("State")):
            show(badge(_(name), tone), "p")
            if run.state == "interrupted":
                show(
                    escape(
                        _(
                            "The web app stopped during this import. Nothing of the file was "
                            "imported; start it again."
                        )
                    ),
                    "p",
                )
            if run.error:
                show(escape(run.error), "p")
            cadence = run.cadence or _("None: no journeys are started")
            show(
                facts(
                    (
                        (_("Imported by"), labels.person(run.by)),
                        (_("When"), exact(run.ended_at or run.started_at or run.at)),
                        (_("Source"), run.source),
                        (_("Cadence"), cadence if run.state in ("running", "done") else ""),
                    )
                )
            )

    def _progress(self, run: RunLine) -> None:
        with section(_("Progress")):
            self.bar = ui.linear_progress(0, show_value=False, size="10px", color=None)
            self.bar.props(f'aria-label="{_("Progress")}"').classes("import-bar")
            self.said = show(Markup("")).props('role="status"')
            show(quiet(_("It goes on when you close this page.")), "p")
        self._tell(run)

    def _tell(self, run: RunLine) -> None:
        self.bar.value = run.line / run.lines if run.lines else 1
        self.said.content = (
            _("{rows} rows read, {rejected} rejected.", rows=f"{run.rows:,}", rejected=run.rejected)
            if run.line < run.lines
            else _("{rows} rows read. They are being merged with the leads.", rows=f"{run.rows:,}")
        )

    async def look(self) -> None:
        """Tell how far it is while it runs, then what came of it."""
        if not self.running:
            return
        run = await self.visit.read(find_run, self.import_id)
        if run is not None and run.state == "running":
            self._tell(run)
        else:
            await self.show()

    def _outcome(self, run: RunLine) -> None:
        figures = (
            (run.rows, _("Rows")),
            (run.created, _("Created")),
            (run.updated, _("Updated")),
            (run.rejected, _("Rejected")),
            (run.unsubscribed, _("No mail")),
        )
        show(
            Markup().join(
                Markup('<div class="tile"><b>{}</b><span>{}</span></div>').format(f"{n:,}", name)
                for n, name in figures
            )
        ).classes("tiles")
        with section(_("Journeys")):
            show(escape(_journeys(run)), "p")
            if run.ready:
                show(escape(for_sales(run.ready, run.ready_hours)), "p")
            # In a file with a column of sources they are many: then all leads are shown.
            show(link(_("Open the leads"), "/leads", source=run.source), "p")
        if run.not_understood:
            with section(_("Not understood")):
                show(not_understood(run.not_understood))
        if run.warned:
            with section(_("Not taken over")):
                show(
                    table(
                        (_("Row"), _("Why it stays as it was")),
                        [(one.row, told(one.reason)) for one in run.warnings],
                        caption=_("Not taken over"),
                    )
                )
                if others := run.warned - len(run.warnings):
                    show(quiet(ngettext("and 1 more row", "and {number} more rows", others)), "p")
        if run.rejected:
            self._rejected(run)

    def _rejected(self, run: RunLine) -> None:
        often = sorted(run.reasons, key=lambda kind: -run.reasons[kind])
        with section(_("Rejected")):
            show(
                table(
                    (_("Why"), _("Rows")),
                    [(reason(kind), run.reasons[kind]) for kind in often],
                    caption=_("Rejected"),
                    numbers=(1,),
                )
            )
            if run.has_rejects:
                show(
                    Markup('<a href="/api/imports/{}/rejects">{}</a> {}').format(
                        run.id,
                        _("Download the rejected rows"),
                        quiet(_("Fix them in a spreadsheet and import that file.")),
                    ),
                    "p",
                ).classes("import-rejects")

    async def _start(self) -> None:
        await self.visit.act(services.imports.begin, self.import_id)
        await self.show()

    async def _discard(self) -> None:
        if await sure(_("Discard this import and erase its file?"), _("Discard")):
            await self.visit.act(services.imports.discard, self.import_id)
            ui.navigate.to("/import")


def _journeys(run: RunLine) -> str:
    if not run.journeys:
        return _("No journeys were started.")
    minutes = max(1, round(run.starts_for / 60))
    journeys = ngettext("1 journey starts", "{number} journeys start", run.journeys)
    within = ngettext("within 1 minute", "within {number} minutes", minutes)
    return _("{journeys} {within}.", journeys=journeys, within=within)
