"""``/console/import``: choose a file of leads, and the imports so far."""

from __future__ import annotations

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from store.imports.import_runs import RunLine, list_runs
from web.api.imports import LIMIT
from web.console import labels
from web.console.imports.sentences import ENCODINGS, STATES
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, link, section, show, table
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 20


@console_page("/import", Action.IMPORT_LEADS, N_("Import"))
async def imports(visit: PageVisit, before: int | None = None) -> None:
    """Where a file is dropped, and the imports so far, those before the id ``before``."""
    ui.add_head_html('<script src="/console/static/upload.js" defer></script>')
    found = await visit.read(list_runs, before=before, limit=PAGE + 1)
    with visit.top:
        export_button("/imports")
    with section(_("A CSV file of leads")):
        show(_drop())
    with section(_("Imports so far")):
        if not found:
            empty(_("Nothing was imported yet."), _("Choose a file above."))
            return
        show(
            table(
                (
                    _("When"),
                    _("File"),
                    _("Imported by"),
                    _("State"),
                    _("Rows"),
                    _("Created"),
                    _("Updated"),
                    _("Rejected"),
                ),
                [_row(one) for one in found[:PAGE]],
                caption=_("Imports so far"),
                numbers=(4, 5, 6, 7),
            )
        )
        if len(found) > PAGE:
            show(link(_("Older"), "/import", before=found[PAGE - 1].id), "p")


def _row(one: RunLine) -> tuple[Cell, ...]:
    name, tone = STATES[one.state]
    rejected: Cell = f"{one.rejected:,}"
    if one.has_rejects:
        rejected = Markup('<a href="/api/imports/{}/rejects">{}</a>').format(one.id, rejected)
    return (
        moment(one.at),
        link(one.file_name, f"/import/{one.id}"),
        labels.person(one.by),
        badge(_(name), tone),
        f"{one.rows:,}",
        f"{one.created:,}",
        f"{one.updated:,}",
        rejected,
    )


def _drop() -> Markup:
    options = Markup().join(
        Markup('<option value="{}">{}</option>').format(code, _(name))
        for code, name in ENCODINGS.items()
    )
    megabytes = LIMIT >> 20
    return Markup(
        '<form class="drop" data-limit="{}" data-large="{}" data-lost="{}">'
        '<label class="drop-zone"><b>{}</b><span class="quiet">{}</span>'
        '<input type="file" accept=".csv,.txt,.tsv,text/csv"></label>'
        '<progress max="1" value="0" aria-label="{}" hidden></progress>'
        '<p class="wrong" role="alert"></p>'
        '<label class="drop-encoding">{} <select>{}</select></label></form>'
    ).format(
        LIMIT,
        _("The file is larger than {size} MB: cut it in two.", size=megabytes),
        _("The file could not be sent: check the connection and choose it again."),
        _("Drop a file here, or choose one"),
        _(
            "CSV as HubSpot, Salesforce or a spreadsheet exports it, up to {size} MB. Nothing is "
            "imported before you have seen the preview.",
            size=megabytes,
        ),
        _("Sending the file"),
        _("Encoding"),
        options,
    )
