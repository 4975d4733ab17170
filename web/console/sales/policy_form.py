"""A policy that is changed in a form and published as the file that it is: what is checked, told at
its field, tried and asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

import services.publishing
from domain.authoring.yaml_edit import is_laid_out_anew, lost_comments, merged
from domain.authoring.yaml_source import Path, SourceProblem, read, validate
from domain.refusals import Missing
from domain.rules.policy import PolicyFile
from store.published.published_texts import PublishedText, file_of, published_texts
from store.publishing.consequences import routing_of
from store.publishing.publishing import Checked, ReplacedVersion
from web.console.frame import say_done, say_no
from web.console.marketing.checking import check_open
from web.console.marketing.difference import difference
from web.console.marketing.publishing import agreed, outcome
from web.console.parts import busy, button, link, section, show
from web.console.refusals import told
from web.console.sales.dry_run import dry_run_shown
from web.console.visit import PageVisit
from web.console.words import _

P = TypeVar("P", bound=PolicyFile)
Fields = Mapping[Path, ValidationElement[Any]]
"""Where a value is in the file → the field that it is typed in."""
Doubles = Callable[[], Sequence[ValidationElement[Any]]]
"""The fields that say what another says, of which a file can have but one."""


def doubles_of(
    typed: Iterable[tuple[object, ValidationElement[Any] | None]],
) -> list[ValidationElement[Any]]:
    """Of values and the fields that they are typed in, None for one that can't be changed: the
    fields of those that are there twice, but for the first. What is empty is no double."""
    found: list[ValidationElement[Any]] = []
    seen: dict[object, ValidationElement[Any] | None] = {}
    for value, field in typed:
        if value not in {None, ""} and value in seen:
            told = field or seen[value]
            found += [told] if told is not None else []
        seen.setdefault(value, field)
    return found


async def policy_to_change(visit: PageVisit, kind: type[P]) -> tuple[PublishedText, P]:
    """The policy in force, as it is written and as it is read.

    Raises:
        Missing: none is published.
    """
    versions = await visit.read(published_texts, "policy", kind.name())
    if not versions:
        raise Missing(_("The policy '{name}' is not published.", name=kind.name()))
    return versions[0], policy_in(kind, versions[0])


def policy_in(kind: type[P], published: PublishedText) -> P:
    """What a published text says."""
    policy, _problems = validate(kind, published.source, "")
    if policy is None:
        raise ValueError("The policy in force can't be read.")
    return policy


class PolicyForm:
    """What the forms of policies share.

    Args:
        changed: the plain data of the file with what is changed in the form.
        fields: where each value of the file is typed.
        whole: whether all that is written in parts, such as conditions, is complete; shows what is
            not.
        leads_to: the page of the console that is opened once it is published; the form itself where
            nothing is said.
        doubles: what the file can't be written with; it is told before.
    """

    def __init__(
        self,
        visit: PageVisit,
        name: str,
        published: PublishedText,
        changed: Callable[[Mapping[str, Any]], dict[str, Any]],
        fields: Callable[[], Fields],
        *,
        whole: Callable[[], bool] = lambda: True,
        leads_to: Callable[[], str] = str,
        doubles: Doubles = tuple,
    ) -> None:
        self.visit, self.name, self._published = visit, name, published
        self._whole, self._leads_to, self._doubles = whole, leads_to, doubles
        self._changed, self._fields = changed, fields
        with visit.top:
            if name == "team":
                self._trying = button(_("Try it on last month's leads"), self._try, key="t")
            self._publishing = button(_("Publish"), self._publish, main=True, key="p")
        self._mistakes = ui.element("ul").classes("mistakes").props('role="alert"')
        self._tried = ui.element("div")
        about = _(
            "The form publishes {file}; what it does not show stays as it is.", file=f"{name}.yaml"
        )
        show(Markup("<p>{} {}</p>").format(about, link(_("Read the file"), f"/policies/{name}")))

    def written(self) -> str:
        """The file as the form has it now."""
        source = self._published.source
        return merged(source, self._changed(read(source, "").data))

    async def _checked(self) -> tuple[str, Checked] | None:
        """The file of the form, if there is no mistake in it; each is told at its field."""
        if not self._whole():
            say_no(_("Fix the mistakes first: each is told at its field."))
            return None
        if doubles := self._doubles():
            self._tell_doubles(doubles)
            return None
        # Writing a file with its comments is work of its own, and others wait for this thread.
        text = await run_in_threadpool(self.written)
        checked = await check_open(self.visit, "policy", self.name, text)
        self._tell(text, checked.problems)
        return None if checked.problems else (text, checked)

    def _tell_doubles(self, doubles: Sequence[ValidationElement[Any]]) -> None:
        for field in self._fields().values():
            field.error = None
        self._mistakes.clear()
        for field in doubles:
            field.error = _("Another one has this already: change one of them, or remove it.")
        say_no(_("Fix the mistakes first: each is told at its field."))

    def _tell(self, text: str, problems: Sequence[SourceProblem]) -> None:
        source, fields = read(text, ""), self._fields()
        for field in fields.values():
            field.error = None
        self._mistakes.clear()
        for one in problems:
            typed_in = field_of(source.path_at(one.line, one.column), fields)
            if typed_in is not None:
                typed_in.error = told(one.message)
                continue
            with self._mistakes, ui.element("li"):
                show(escape(told(one.message)), "span")
        if problems:
            say_no(_("Fix the mistakes first: each is told at its field."))

    async def _try(self) -> None:
        with busy(self._trying):
            written = await self._checked()
            if written is None:
                return
            now = self.visit.context.clock.now()
            found = await self.visit.read(routing_of, written[1], now)
        self._tried.clear()
        title = _("What it would have done with the leads of the last month")
        with self._tried, section(title).classes("stack"):
            nothing = Markup("<p>{}</p>").format(_("Nothing is changed yet."))
            show(dry_run_shown(found) if found else nothing)
        ui.run_javascript(f"getHtmlElement({self._tried.id})?.scrollIntoView()")

    async def _publish(self) -> None:
        with busy(self._publishing):
            written = await self._checked()
            if written is None:
                return
        await self.publish_text(*written, leads_to=self._leads_to())

    async def publish_text(
        self, text: str, checked: Checked, *, leads_to: str, warning: Markup | str = ""
    ) -> None:
        """Publish a text without mistakes, if they agree to what it does.

        Args:
            leads_to: the page of the console that is opened then, '' for this one.
            warning: what they are told beside what changes in the file.
        """
        versions = await self.visit.read(published_texts, "policy", self.name)
        newest = versions[0] if versions else self._published
        before = newest.source
        is_new = await run_in_threadpool(is_laid_out_anew, before)
        changes = await _changes(before, text, laid_out_anew=is_new)
        note = await agreed(
            self.visit,
            checked,
            "policy",
            self.name,
            outdated=newest.id != self._published.id,
            changes=Markup("{}{}").format(warning, changes),
        )
        if note is None:
            return
        file = file_of("policy", self.name)
        check = partial(services.publishing.check_texts, files={file: text})
        replaced = ReplacedVersion("policy", self.name, newest.id if versions else 0)
        done = await self.visit.act(
            services.publishing.publish, [file], check, note, replaced=replaced
        )
        say_done(outcome(done))
        if leads_to:
            ui.navigate.to(leads_to)
        else:
            ui.navigate.reload()


def field_of(path: Path, fields: Fields) -> ValidationElement[Any] | None:
    """The field of a value: its own, that of what it is in, or the first of what is in it."""
    for length in range(len(path), 0, -1):
        if found := fields.get(path[:length]):
            return found
    return next((one for where, one in fields.items() if path and where[: len(path)] == path), None)


async def _changes(before: str, after: str, *, laid_out_anew: bool) -> Markup:
    """What of the file is changed, and what goes with it."""
    said = []
    if lost := lost_comments(before, after):
        said.append(_("These comments of the file go: {comments}", comments=" · ".join(lost)))
    if laid_out_anew:
        said.append(_("The file is laid out anew: its indentation and line breaks change."))
    title = _("What changes in the file")
    return Markup("{}<details><summary>{}</summary>{}</details>").format(
        Markup().join(Markup("<p>{}</p>").format(one) for one in said),
        title,
        await difference(before, after, title),
    )
