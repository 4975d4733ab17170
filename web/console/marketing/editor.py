"""The editor of cadences, policies and templates: one for the three kinds.

What is typed is kept after each pause, checked against all that is published, and its mistakes
are listed with their places. Nothing counts before it is published.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from markupsafe import Markup, escape
from nicegui import ui
from nicegui.elements.codemirror import CodeMirror

import services.publishing
from domain.access import Action, publishing
from domain.authoring.yaml_source import SourceProblem as Mistake
from store.published.drafts import Written, drafts_of, drop_draft, keep_draft
from store.published.published_texts import (
    Kind,
    PublishedText,
    file_of,
    published_texts,
    version_in_force,
)
from store.publishing.publishing import Checked, ReplacedVersion
from web.console.frame import say_done, say_no
from web.console.marketing.checking import check_open
from web.console.marketing.difference import difference
from web.console.marketing.publishing import agreed, outcome
from web.console.parts import button, section, show, sure
from web.console.refusals import told
from web.console.times import real_ago
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

PAUSE_SECONDS = 0.3
"""So long after the last key what was typed is kept."""
CHECK_SECONDS = 0.4
"""So long after that it is checked."""
LOOK_SECONDS = 3.0
"""How often the page asks what others wrote and published."""
PHRASES = (
    *(N_("Fold line"), N_("Unfold line"), N_("Folded lines"), N_("Unfolded lines")),
    *(N_("folded code"), N_("unfold"), N_("Find"), N_("Replace"), N_("next"), N_("previous")),
    *(N_("all"), N_("match case"), N_("regexp"), N_("by word"), N_("replace"), N_("replace all")),
    *(N_("close"), N_("Go to line"), N_("go"), N_("Control character")),
)
"""What CodeMirror says of itself, as it writes it."""

Draw = Callable[[Checked], Awaitable[None]]


class TextFollower(Protocol):
    """What is drawn of a text while it is written."""

    def show(self, text: str) -> None:
        """Draw a text that was not checked yet."""

    def tell(self, text: str, checked: Checked) -> None:
        """Draw what is wrong with a text."""


class Editor:
    """One text as it is open.

    Args:
        name: '' for a cadence that is new.
        start: what a text begins with that is not published yet.
        draw: called with each text that has no mistakes.
        follower: told of every text.
        merge: makes one text of what a draft was begun from, the draft and what is published now;
            None where they don't want that.
    """

    code: CodeMirror
    notices: ui.element
    status: ui.label
    problems: ui.element
    comparison: ui.element

    def __init__(
        self,
        visit: PageVisit,
        kind: Kind,
        name: str,
        start: str,
        *,
        draw: Draw | None = None,
        follower: TextFollower | None = None,
        merge: Callable[[str, str, str], Awaitable[str | None]] | None = None,
    ) -> None:
        self.typed: Callable[[str], None] | None = None
        """Called with each text, as it is typed or put here."""
        self.visit, self.kind, self.name, self.start = visit, kind, name, start
        self._draw, self._follower, self._merge = draw, follower, merge
        self.file = file_of(kind, name)
        self.versions: list[PublishedText] = []
        self.others: list[Written] = []
        self.draft: Written | None = None
        self.checked: Checked | None = None
        self.text = ""
        self._begun_from = 0
        self._turn = 0
        self._compared: str | None = None
        self._by = ""

    @property
    def published(self) -> PublishedText | None:
        """The version in force."""
        return self.versions[0] if self.versions else None

    @property
    def based_on(self) -> int:
        """Id of the version that what is written was begun from."""
        return self.draft.based_on if self.draft is not None else self._begun_from

    async def load(self) -> None:
        """Read what is published and what is being written; call it first."""
        self.versions = await self.visit.read(published_texts, self.kind, self.name)
        drafts = await self.visit.read(drafts_of, self.kind, self.name)
        me = self.visit.who.user_id
        self.draft = next((one for one in drafts if one.user_id == me), None)
        self.others = [one for one in drafts if one.user_id != me]
        self._begun_from = self.published.id if self.published else 0
        published = self.published.source if self.published else self.start
        self.text = self.draft.text if self.draft else published

    def build(self) -> None:
        """The editor, its messages and its buttons, where the page is just being built. Nothing
        may be awaited after it: with a clock on it a page is sent as far as it is."""
        with self.visit.top:
            button(_("Compare"), self._compare_with_published, key="c")
            button(_("Discard draft"), self._discard)
            if self.visit.may(publishing(self.name if self.kind == "policy" else "")):
                button(_("Publish"), self._publish, main=True, key="p")
        self.notices = ui.element("div").classes("stack")
        with section(self.file):
            self.code = ui.codemirror(
                self.text,
                language="HTML" if self.kind == "template" else "YAML",
                indent="  ",
                line_wrapping=True,
                on_change=self._typed,
            ).classes("code")
            self.code.props["data-label"] = _("Text of {file}, Escape leaves it", file=self.file)
            self.code.props["data-phrases"] = json.dumps({one: _(one) for one in PHRASES})
            self.status = ui.label("").props('role="status"').classes("quiet")
            self.problems = ui.element("ul").classes("mistakes")
        self.comparison = ui.element("div")
        self._notice()
        ui.timer(0.1, self.check, once=True)
        ui.timer(LOOK_SECONDS, self._look)

    def put(self, text: str) -> None:
        """Have another text stand here, as if it had been typed."""
        self.code.set_value(text)

    async def check(self) -> None:
        """Check what is written now, and show what is wrong with it."""
        text = self.text
        checked = await check_open(self.visit, self.kind, self.name, text)
        if text != self.text:
            return
        self.checked = checked
        self._list(checked.problems, checked.warnings)
        if self._follower is not None:
            self._follower.tell(text, checked)
        if self._draw is not None and not checked.problems:
            await self._draw(checked)
        await self._show_comparison()

    async def _typed(self) -> None:
        self.text = self.code.value or ""
        if self.typed is not None:
            self.typed(self.text)
        self._turn += 1
        turn = self._turn
        await asyncio.sleep(PAUSE_SECONDS)
        if turn != self._turn:
            return
        if self._follower is not None:
            self._follower.show(self.text)
        await self._keep()
        await asyncio.sleep(CHECK_SECONDS)
        if turn == self._turn:
            await self.check()

    async def _keep(self) -> None:
        now = self.visit.context.real_now()
        based_on, text, me = self.based_on, self.text, self.visit.who
        await self.visit.keep(
            Action.DRAFT,
            keep_draft,
            kind=self.kind,
            name=self.name,
            user_id=me.user_id,
            text=text,
            based_on=based_on,
            at=now,
        )
        self.draft = Written(self.kind, self.name, me.user_id, me.name, text, based_on, now)

    def _list(self, mistakes: list[Mistake], warnings: list[Mistake]) -> None:
        last = self.text.count("\n") + 1
        lines = {one.line: told(one.message) for one in reversed(mistakes) if one.line <= last}
        # Not the element's properties: with them goes the text as it is known here, over what is
        # being typed.
        marks = [{"kind": "line", "line": line, "class": "mistaken"} for line in lines]
        self.code.run_method("setDecorations", marks)
        self.code.run_method("setLineTooltips", lines)
        self.problems.clear()
        with self.problems:
            for one in (*mistakes, *warnings):
                with (
                    ui.element("li").classes("warned" if one in warnings else ""),
                    ui.element("button").classes("plain-link").on("click", partial(self._go, one)),
                ):
                    place = _("Line {line}, column {column}", line=one.line, column=one.column)
                    if one in warnings:
                        place = _("Warning, line {line}", line=one.line)
                    show(Markup("<b>{}</b> {}").format(place, told(one.message)), "span")
        found = (
            ngettext("1 mistake.", "{number} mistakes.", len(mistakes))
            if mistakes
            else _("No mistakes.")
        )
        said = [found]
        if warnings:
            said.append(ngettext("1 warning.", "{number} warnings.", len(warnings)))
        if self.draft:
            said.append(_("Your draft is kept; nothing counts before it is published."))
        if mistakes and self.kind == "template":
            said.append(_("What is drawn is the last text without mistakes."))
        self.status.set_text(" ".join(said))

    def _go(self, mistake: Mistake) -> None:
        """Put the cursor where the mistake is."""
        self.code.reveal_line(mistake.line)
        ui.run_javascript(
            f"goTo(getElement({self.code.id}).editor, {mistake.line}, {mistake.column})"
        )

    def _notice(self) -> None:
        """Tell what others did to the same text."""
        self.notices.clear()
        with self.notices:
            if self.published and self.based_on != self.published.id:
                said = _(
                    "Version {version} was published after you began this draft. Compare before "
                    "you publish.",
                    version=self.published.version,
                )
                with ui.element("div").classes("chosen"):
                    show(Markup('<span class="over">{}</span>').format(said), "span")
                    if self._merge is not None and self._begun_text is not None:
                        button(_("Merge it into yours"), self._merge_published)
            for one in self.others:
                self._tell_of(one)

    def _tell_of(self, one: Written) -> None:
        when = real_ago(one.at)
        newer = self.draft is None or one.at > self.draft.at
        sentence = (
            _("{name} is writing this too, {when}: newer than yours.", name=one.by, when=when)
            if newer
            else _("{name} has a draft of this too, {when}.", name=one.by, when=when)
        )
        with ui.element("div").classes("chosen"):
            show(escape(sentence), "span")
            button(_("Compare with theirs"), partial(self._compare, one.text, one.by))

    @property
    def _begun_text(self) -> str | None:
        """What the draft was begun from, if that is still known."""
        return next((one.source for one in self.versions if one.id == self.based_on), None)

    async def _merge_published(self) -> None:
        begun, published = self._begun_text, self.published
        if self._merge is None or begun is None or published is None:
            return
        with self.comparison:
            text = await self._merge(begun, self.text, published.source)
        if text is None:
            return
        self.put(text)
        self.text, self.draft, self._begun_from = text, None, published.id
        await self._keep()
        if self._follower is not None:
            self._follower.show(text)
        self._notice()
        await self.check()

    async def _look(self) -> None:
        known = [self.published.id if self.published else 0, self.others]
        drafts = await self.visit.read(drafts_of, self.kind, self.name)
        self.others = [one for one in drafts if one.user_id != self.visit.who.user_id]
        newest = await self.visit.read(version_in_force, self.kind, self.name)
        if newest != known[0]:
            self.versions = await self.visit.read(published_texts, self.kind, self.name)
        if known != [newest, self.others]:
            self._notice()

    async def _compare_with_published(self) -> None:
        await self._compare(self.published.source if self.published else "", "")

    async def _compare(self, text: str, by: str) -> None:
        """Show what differs from a text; the same again hides it."""
        self._compared = None if self._compared == text else text
        self._by = by
        await self._show_comparison()

    async def _show_comparison(self) -> None:
        before, after = self._compared, self.text
        if before is None:
            self.comparison.clear()
            return
        title = (
            _("The draft of {name}, and yours", name=self._by)
            if self._by
            else _("What is published, and your draft")
        )
        compared = await difference(before, after, title)
        if (before, after) != (self._compared, self.text):
            return
        self.comparison.clear()
        with self.comparison, section(title):
            show(compared)

    async def _discard(self) -> None:
        if not await sure(
            _("Forget what you wrote and begin from what is published?"), _("Forget")
        ):
            return
        self._turn += 1
        me = self.visit.who.user_id
        await self.visit.keep(Action.DRAFT, drop_draft, self.kind, self.name, me)
        ui.navigate.reload()

    async def _publish(self) -> None:
        self._turn += 1
        begun = self.published.source if self.published else self.start
        if self.text != (self.draft.text if self.draft else begun):
            await self._keep()
        await self.check()
        if self.checked is None or self.checked.problems:
            say_no(_("Fix the mistakes first: each is listed under the text."))
            return
        outdated = self.published is not None and self.based_on != self.published.id
        replaced = self._replaced(self.checked)
        note = await agreed(self.visit, self.checked, self.kind, self.name, outdated=outdated)
        if note is None:
            return
        check = partial(services.publishing.check_texts, files={self.file: self.text})
        done = await self.visit.act(
            services.publishing.publish, [self.file], check, note, replaced=replaced
        )
        me = self.visit.who.user_id
        await self.visit.keep(Action.DRAFT, drop_draft, self.kind, self.name, me)
        for _text, cadence in self.checked.cadences.values():
            if cadence.name != self.name:
                ui.navigate.to(f"/cadences/{cadence.name}")
                return
        await self.load()
        self._notice()
        await self._show_comparison()
        self.status.set_text(outcome(done))
        say_done(outcome(done))

    def _replaced(self, checked: Checked) -> ReplacedVersion:
        """What publishing replaces, as it is shown; a cadence of another name replaces nothing."""
        names = [cadence.name for _text, cadence in checked.cadences.values()] or [self.name]
        known = self.published.id if self.published and self.name in names else 0
        return ReplacedVersion(self.kind, names[0], known)
