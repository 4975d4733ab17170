"""``/console/segments/new`` and ``/console/segments/{name}/edit``: a segment in a form, with the
leads that it is for beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement
from sqlalchemy import Connection

from domain.access import Action
from domain.authoring.yaml_edit import merged
from domain.authoring.yaml_source import Path, read
from domain.consent.policy import ConsentPolicy
from domain.refusals import Missing
from domain.rules.condition_form import EVERY
from domain.rules.segment_facts import SEGMENT_FACTS
from domain.sales.opportunities import OpportunityPolicy
from domain.sales.recycle import KNOWN_REASONS
from domain.segments.policy import SegmentsPolicy
from domain.segments.segment_form import (
    EMPTY_FILE,
    SegmentForm,
    form_of,
    free_name,
    with_form,
    without,
)
from store.published.policies import PolicyMissing, policy
from store.published.published_texts import PublishedText, published_texts
from store.publishing.known_attributes import attribute_names
from store.views.segments import segment_named
from web.console.frame import name_page, say_no
from web.console.marketing.checking import check_open
from web.console.marketing.condition_builder import ConditionBuilder
from web.console.marketing.segment_count import count_beside
from web.console.pages import console_page
from web.console.parts import busy, button, quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, policy_in
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PAUSE_SECONDS = 0.8
"""So long after the last change the leads are counted."""


@console_page("/segments/new", Action.PUBLISH, N_("New segment"))
async def new_segment(visit: PageVisit) -> None:
    """A segment that is begun."""
    await _open(visit, "")


@console_page("/segments/{name}/edit", Action.PUBLISH, N_("Edit segment"))
async def edit_segment(visit: PageVisit, name: str) -> None:
    """A segment that is published."""
    await _open(visit, name)


async def _open(visit: PageVisit, name: str) -> None:
    versions = await visit.read(published_texts, "policy", SegmentsPolicy.name())
    none = PublishedText(0, 0, EMPTY_FILE, visit.context.real_now())
    published = versions[0] if versions else none
    rules = policy_in(SegmentsPolicy, published)
    found = rules.find(name)
    if found is None and name:
        raise Missing(_("There is no segment '{name}'.", name=name))
    if found:
        name_page(visit, found.title)
    suggested = await visit.read(_suggested)
    suggested["lead.owner"] = sorted(visit.people)
    before = form_of(found) if found else SegmentForm()
    SegmentEditor(visit, published, rules, before, suggested).build()


class SegmentEditor:
    """The form as it is open.

    Args:
        before: the segment as it is published, without a name for a new one.
        suggested: values and names that are known, as the builder takes them.
    """

    def __init__(
        self,
        visit: PageVisit,
        published: PublishedText,
        rules: SegmentsPolicy,
        before: SegmentForm,
        suggested: Mapping[str, Sequence[str]],
    ) -> None:
        self.visit, self._published, self._suggested = visit, published, suggested
        self._before, self.form = before, SegmentForm(**vars(before))
        names = [one.name for one in rules.segments]
        self._taken = {*names, "new"}
        self._at = names.index(before.name) if before.name else len(names)
        self._made_name = ""
        self._fields: dict[Path, ValidationElement[Any]] = {}
        self._due: float | None = time.monotonic()

    def build(self) -> None:
        """All of it, where the page is being built."""
        self._policy = PolicyForm(
            self.visit,
            "segments",
            self._published,
            lambda data: with_form(data, self._before, self.form),
            self._where,
            whole=self._is_whole,
            leads_to=lambda: f"/segments/{self.form.name}",
        )
        with ui.element("div").classes("writing segment"):
            with ui.element("div").classes("stack"):
                with section(_("Segment")), ui.element("fieldset").classes("setting"):
                    self._about()
                with section(_("Condition")):
                    self._builder = ConditionBuilder(
                        SEGMENT_FACTS,
                        self.form.when,
                        self._edited,
                        every=_("Nothing is asked for yet."),
                        label=_("Condition"),
                        suggested=self._suggested,
                    )
                if self._before.name:
                    with ui.element("div").classes("acts"):
                        self._deleting = button(_("Delete the segment"), self._delete, danger=True)
            self._counted = ui.element("div").props('role="status"')
        ui.timer(PAUSE_SECONDS / 2, self._tick)

    def _where(self) -> Fields:
        return self._fields

    def _is_whole(self) -> bool:
        return self._builder.check()

    def _about(self) -> None:
        title = ui.input(_("Name"), value=self.form.title).props("maxlength=80")
        name = ui.input(_("Short name"), value=self.form.name).props("maxlength=60")
        about = ui.input(_("Who is meant, and what for"), value=self.form.description)
        about.props("maxlength=400").classes("wide")
        hint = (
            _("It stays as it is.") if self._before.name else _("Small letters, digits and dashes")
        )
        name.props["hint"] = hint
        if self._before.name:
            name.props("readonly")

        def titled() -> None:
            self.form.title = (title.value or "").strip()
            if not self._before.name and self.form.name == self._made_name:
                made = free_name(self.form.title, self._taken) if self.form.title else ""
                self._made_name = self.form.name = made
                name.set_value(made)

        title.on_value_change(titled)
        name.on_value_change(lambda: setattr(self.form, "name", (name.value or "").strip()))
        about.on_value_change(
            lambda: setattr(self.form, "description", (about.value or "").strip())
        )
        for key, field in (("title", title), ("name", name), ("description", about)):
            self._fields["segments", self._at, key] = field.props("outlined dense")

    def _edited(self) -> None:
        if cel := self._builder.cel:
            self.form.when = "" if cel == EVERY else cel
        self._due = time.monotonic() + PAUSE_SECONDS

    async def _tick(self) -> None:
        if self._due is None or time.monotonic() < self._due:
            return
        self._due = None
        if self.form.when and not self._builder.mistakes:
            await count_beside(self.visit, self._counted, self.form.when, _("Counted now"))
            return
        self._counted.clear()
        with self._counted, section(_("Counted now")):
            show(quiet(_("Leads are counted once the condition is complete.")), "p")

    async def _delete(self) -> None:
        with busy(self._deleting):
            source = self._published.source
            left = without(read(source, "").data, self._before.name)
            text = await run_in_threadpool(merged, source, left)
            checked = await check_open(self.visit, "policy", "segments", text)
            if checked.problems:
                say_no(checked.problems[0].message)
                return
            now = await self.visit.read(segment_named, self._before.name)
        await self._policy.publish_text(
            text, checked, leads_to="/segments", warning=self._deleted(now.members if now else 0)
        )

    def _deleted(self, members: int) -> Markup:
        said = ngettext(
            "“{title}” is deleted: 1 lead is in it. Addresses and programs that ask for its leads "
            "find none any more; nothing changes for the leads themselves.",
            "“{title}” is deleted: {number} leads are in it. Addresses and programs that ask for "
            "its leads find none any more; nothing changes for the leads themselves.",
            members,
            title=self._before.title,
        )
        return Markup('<p class="over">{}</p>').format(escape(said))


def _suggested(connection: Connection) -> dict[str, Sequence[str]]:
    """Names and values that are known, by what they stand under."""
    known: dict[str, Sequence[str]] = {
        path: sorted(names) for path, names in attribute_names(connection).items()
    }
    known["reason"] = sorted(KNOWN_REASONS)
    try:
        known["consent.refuses"] = sorted(policy(connection, ConsentPolicy).topics)
        stages = policy(connection, OpportunityPolicy).stages
        known["opportunity.stage"] = [one.name for one in stages]
    except PolicyMissing:
        return known
    return known
