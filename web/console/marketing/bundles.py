"""Cadences carried elsewhere, brought here, and begun from another one: buttons and dialogs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from markupsafe import Markup, escape
from nicegui import ui
from nicegui.events import GenericEventArguments

import services.bundles
from domain.checking.bundle import MOST_BYTES, BundleKind, read_bundle
from domain.refusals import Conflict, Invalid, Refusal
from domain.sentences import sentence
from services.bundles import BesideHere, BundleItem, BundleReport
from services.publishing import LONGEST_NOTE
from store.published.cadences import PublishedCadence
from web.console.forms import FormDialog
from web.console.frame import say_done, say_no
from web.console.marketing.difference import difference, too_long
from web.console.marketing.publishing import outcome
from web.console.parts import badge, busy, button, choice, quiet, show, table
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _
from web.problems import DATABASE_AWAY

SECONDS = 60.0
"""How long an archive may take."""
KINDS = {
    BundleKind.CADENCE: N_("Cadence"),
    BundleKind.POLICY: N_("Policy"),
    BundleKind.TEMPLATE: N_("Mail"),
    BundleKind.PART: N_("Part of mails"),
}
ARRIVALS = {BesideHere.NEW: N_("new here"), BesideHere.SAME: N_("the same here")}
_CHOSEN = f"""async (event) => {{
  const file = event.target.files[0];
  if (!file) return;
  if (file.size > {MOST_BYTES}) return emit("");
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  emit(btoa(text));
}}"""
"""Sends the file over the page's own connection, in text; one that is too large as nothing."""


def bundle_button(published: PublishedCadence) -> None:
    """The button that takes a cadence out as an archive."""

    async def export() -> None:
        address = f"/api/cadences/{published.name}/bundle?version={published.version}"
        with busy(made):
            status = await ui.run_javascript(
                f"return await saveFile({json.dumps(address)})", timeout=SECONDS
            )
        if status == 200:
            say_done(_("The file is in your downloads."))
        else:
            say_no(DATABASE_AWAY)

    made = button(_("Export bundle"), export)


class ImportDialog:
    """An archive is chosen, what it would do is shown, and it is published."""

    def __init__(self, visit: PageVisit) -> None:
        self.visit = visit
        self._data = b""
        self._found: BundleReport | None = None
        self._keep: set[str] = set()

    async def open(self) -> None:
        """Open it; go to the cadence once it is published."""
        with FormDialog(_("Import a bundle"), wide=True) as form:
            said = _("A cadence with its mails, exported from here or another installation.")
            show(escape(said), "p")
            chosen = show(
                Markup('<label>{} <input type="file" accept=".zip" autofocus></label>').format(
                    _("File")
                )
            )
            chosen.on("change", self._chosen, js_handler=_CHOSEN)
            self._place = ui.element("div").classes("stack").props('aria-live="polite"')
            note = form.field("note", ui.input(_("What changed, and why (optional)")))
            note.props(f"maxlength={LONGEST_NOTE}")

        async def save() -> BundleReport:
            if self._found is None:
                raise Invalid(sentence("Choose a bundle without mistakes first."), "file")
            try:
                return await self.visit.act(
                    services.bundles.import_bundle,
                    read_bundle(self._data),
                    replace=True,
                    keep=sorted(self._keep),
                    seen=self._found.seen,
                    note=str(note.value or ""),
                )
            except Conflict:
                await self._look()
                raise

        done = await form.sent(_("Publish"), save)
        if done is None or done.done is None:
            return
        say_done(outcome(done.done))
        ui.navigate.to(f"/cadences/{done.cadence}")

    async def _chosen(self, event: GenericEventArguments) -> None:
        try:
            self._data = base64.b64decode(str(event.args), validate=True)
        except binascii.Error:
            self._data = b""
        self._keep.clear()
        await self._look()

    async def _look(self) -> None:
        self._found = None
        data, keep = self._data, sorted(self._keep)
        try:
            found = await self.visit.read(services.bundles.look_into, self.visit.caller, data, keep)
        except Refusal as refused:
            self._place.clear()
            with self._place:
                lines = Markup("<br>").join(told(refused.args[0]).splitlines())
                show(Markup('<p class="over" role="alert">{}</p>').format(lines))
            return
        differing = [one for one in found.items if one.arrival == BesideHere.DIFFERS]
        compared = {one.file: await _compared(one) for one in differing}
        if data is not self._data or keep != sorted(self._keep):
            return
        self._found = found
        self._place.clear()
        with self._place:
            self._show(found, compared)

    def _show(self, found: BundleReport, compared: Mapping[str, Markup]) -> None:
        title = _("{cadence}, version {version}", cadence=found.cadence, version=found.version)
        show(escape(title), "h3")
        show(
            table(
                (_("What"), _("Name"), _("Here")),
                [(_(KINDS[one.kind]), one.name, _state(one)) for one in found.items],
                caption=title,
            )
        )
        for one in found.items:
            if one.arrival == BesideHere.DIFFERS:
                self._show_difference(one, compared[one.file])

    def _show_difference(self, one: BundleItem, compared: Markup) -> None:
        with ui.element("details").classes("file"):
            show(Markup("<code>{}</code>").format(one.file), "summary")
            show(compared)
        if one.kind == BundleKind.PART:
            return

        async def decide(value: str) -> None:
            (self._keep.add if value == "keep" else self._keep.discard)(one.file)
            await self._look()

        options = {"replace": _("Replace what is here"), "keep": _("Keep what is here")}
        choice(one.file, options, "keep" if one.kept else "replace", decide)


async def _compared(one: BundleItem) -> Markup:
    if one.too_long:
        return too_long()
    caption = _("{file}: here, and in the bundle", file=one.file)
    return await difference(one.text_here, one.text, caption)


def _state(one: BundleItem) -> Markup:
    if one.arrival != BesideHere.DIFFERS:
        if one.kind == BundleKind.PART and one.arrival == BesideHere.NEW:
            return badge(_("not here: a file of the installation"), "warn")
        return quiet(_(ARRIVALS[one.arrival]))
    if one.kind == BundleKind.PART:
        return badge(_("differs; stays as it is here"), "quiet")
    if one.kept:
        return badge(_("stays as it is here"), "quiet")
    return badge(_("differs; is replaced"), "warn")
