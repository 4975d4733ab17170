"""The drawing of a cadence that is written: each act on it changes the text, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from domain.authoring.yaml_edit import merged
from domain.authoring.yaml_source import Path, read
from domain.cadences.cadence import FALLBACK_LANGUAGE, Cadence
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    MailStepForm,
    StepForm,
    each_step,
    form_of,
    with_form,
)
from domain.cadences.step_edits import (
    added,
    can_be_added,
    moved,
    place_now,
    replaced,
    step_at,
    with_copy,
    without,
)
from domain.checking.step_mistakes import StepMistake, mistakes_by_step
from store.published.mail_choices import MailChoice
from store.publishing.publishing import Checked
from store.views.cadence_figures import CadenceStanding
from web.console.frame import say_no
from web.console.marketing.cadence_rules import RulesDialog, rules_shown
from web.console.marketing.canvas import Canvas, place_code, place_of
from web.console.marketing.merging import merged_by_step
from web.console.marketing.step_dialog import STEP_KINDS, StepChoices, StepDialog, choose_kind
from web.console.marketing.text_history import TextHistory
from web.console.parts import button, section, show
from web.console.visit import PageVisit
from web.console.words import _


class Drawing:
    """The drawing as it is open.

    Args:
        standing: where leads are in what is published.
        suggested: what conditions ask for, as the builder takes it.
        put: takes the text after an act.
    """

    def __init__(
        self,
        visit: PageVisit,
        standing: CadenceStanding,
        mails: Sequence[MailChoice],
        suggested: dict[str, Sequence[str]],
        topics: Sequence[str],
    ) -> None:
        self.visit, self.standing = visit, standing
        self._mails, self._suggested, self._topics = mails, suggested, topics
        self._form: CadenceForm | None = None
        self._mistakes: list[StepMistake] = []
        self._cadence: Cadence | None = None
        self._busy = False
        self._drawing = 0

    def build(self, text: str, put: Callable[[str], None]) -> None:
        """All of it, where the page is being built; ``put`` takes a text that was changed here."""
        self._history, self._put = TextHistory(text), put
        with section(_("Rules")):
            self._rules = show(Markup())
            with ui.element("div").classes("acts"):
                self._changing = button(_("Change the rules"), self._change_rules)
        with section(_("How it runs")):
            with ui.element("div").classes("acts"):
                self._undo = button(_("Undo"), self._undone)
                self._undo.props('data-undo aria-keyshortcuts="Control+Z"')
                self._redo = button(_("Redo"), self._redone)
                self._redo.props('data-redo aria-keyshortcuts="Control+Shift+Z"')
            self._stale = ui.label("").props('role="status"').classes("over")
            # One element for as long as the page is open: what is pressed while it is drawn anew
            # is not lost.
            self._drawn = show(Markup())
            self._drawn.on(
                "click",
                self._acted,
                js_handler="(event) => { const pressed = event.target.closest('[data-act]');"
                " if (pressed) emit([pressed.dataset.act, pressed.dataset.at,"
                " event.target.closest('[data-drawing]').dataset.drawing]); }",
            )
        # What is drawn anew goes, and with it what was opened from there.
        self._dialogs = ui.element("div")
        self.show(text)

    def show(self, text: str) -> None:
        """Draw a text as far as it can be read; one that can't be leaves what was drawn."""
        self._history.record(text)
        source = read(text, "")
        form = None if source.problems else form_of(source.data)
        self._stale.set_visibility(form is None)
        self._stale.set_text(
            "" if form else _("The text can't be drawn now: this is how it was before.")
        )
        if form is not None:
            if form != self._form:
                self._drawing += 1
                self._cadence, self._mistakes = None, []
            self._form = form
        self._draw(can_act=form is not None)

    def tell(self, text: str, checked: Checked) -> None:
        """Draw what is wrong with a text, and the days of one that is right."""
        source = read(text, "")
        self._mistakes = mistakes_by_step(source, checked.problems)
        self._cadence = next((one for _file, one in checked.cadences.values()), None)
        self._draw(can_act=not source.problems and form_of(source.data) is not None)

    def _draw(self, *, can_act: bool) -> None:
        self._undo.set_enabled(self._history.can_undo)
        self._redo.set_enabled(self._history.can_redo)
        self._changing.set_enabled(can_act)
        self._drawn.props("inert" if not can_act else None, remove="inert" if can_act else None)
        form = self._form
        if form is None:
            return
        subjects = {one.name: one.subjects for one in self._mails}
        canvas = Canvas(
            form,
            self._mistakes,
            self._cadence,
            subjects,
            self.visit.language,
            self.standing.steps,
        )
        self._drawn.set_content(
            Markup('<div data-drawing="{}">{}</div>').format(self._drawing, canvas.drawn())
        )
        wrong = Markup().join(
            Markup('<p class="wrong">{}</p>').format(one.message)
            for one in self._mistakes
            if not one.place and one.field != "steps"
        )
        self._rules.set_content(rules_shown(form, self.visit.language) + wrong)

    async def _acted(self, event: GenericEventArguments) -> None:
        act, code, drawing = (str(one) for one in event.args)
        # What was pressed in an older drawing may stand elsewhere by now.
        if self._busy or drawing != str(self._drawing):
            return
        self._busy = True
        try:
            with self._dialogs:
                await self._do(act, place_of(code))
        finally:
            self._busy = False

    async def _do(self, act: str, place: Path) -> None:
        form = self._form
        if form is None:
            return
        changed: CadenceForm | None = None
        focus: Path | None = place
        match act:
            case "add":
                await self._add(form, place)
                return
            case "edit":
                step = step_at(form, place)
                wrong = {one.field: one.message for one in self._mistakes if one.place == place}
                dialog = StepDialog(self.visit, step, self._choices(form, place)) if step else None
                saved = await dialog.asked(wrong) if dialog else None
                changed = replaced(form, place, saved) if saved else None
            case "up" | "down":
                changed = moved(form, place, down=act == "down")
                focus = place_now(changed, place) if changed else place
            case "copy":
                changed = with_copy(form, place)
                focus = (*place[:-1], int(place[-1]) + 1)
            case "delete":
                changed = without(form, place)
                act = "add"
        if changed is not None:
            await self._change(changed)
        self._focus(act, focus or place)

    async def _add(self, form: CadenceForm, place: Path) -> None:
        """Ask for a step, and for the first one of a new branch's way."""
        kinds = [one for one in STEP_KINDS if can_be_added(form, place, ends=one == "exit")]
        made = await self._new(form, place, kinds)
        if made is None:
            self._focus("add", place)
            return
        if isinstance(made, BranchForm):
            inside = [one for one in STEP_KINDS if one != "branch"]
            first = await self._new(form, place, inside, _("What comes first under “Yes”?"))
            made.then = [first] if first else []
        await self._change(added(form, place, made))
        self._focus("edit", place)

    async def _new(
        self, form: CadenceForm, place: Path, kinds: Sequence[str], question: str = ""
    ) -> StepForm | None:
        kind = await choose_kind(kinds, question or _("Add a step"))
        if kind is None:
            return None
        begun = STEP_KINDS[kind].begins()
        return await StepDialog(self.visit, begun, self._choices(form, place)).asked({})

    def _choices(self, form: CadenceForm, place: Path) -> StepChoices:
        others = {
            one.mail
            for one in each_step(form.steps)
            if isinstance(one, MailStepForm) and one.was != place
        }
        spoken = (
            language for one in self._mails if one.name in others for language in one.subjects
        )
        said = form.others.get("languages")
        named = [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
        needed = frozenset(named or {*spoken, FALLBACK_LANGUAGE})
        return StepChoices(self._mails, needed, self._suggested, named)

    async def _change_rules(self) -> None:
        if self._form is None:
            return
        wrong = [one.message for one in self._mistakes if not one.place and one.field != "steps"]
        with self._dialogs:
            dialog = RulesDialog(self._form, self._topics, self.visit.language)
            if saved := await dialog.asked(wrong):
                await self._change(saved)

    async def merge(self, begun: str, mine: str, theirs: str) -> str | None:
        """One text of two that were begun from the same; None where they don't want that."""
        subjects = {one.name: one.subjects for one in self._mails}
        canvas = Canvas(CadenceForm(), subjects=subjects, language=self.visit.language)
        with self._dialogs:
            made = await merged_by_step(canvas, begun, mine, theirs)
        if made is not None:
            # What was before it lacks what they published, and would take it back.
            self._history = TextHistory(made)
        return made

    async def _change(self, form: CadenceForm) -> None:
        """Write a form into the text."""
        text = self._history.text
        data: Any = read(text, "").data
        wanted = with_form(data, form)
        # Writing a file with its comments is work of its own, and others wait for this thread.
        made = await run_in_threadpool(merged, text, wanted)
        if read(made, "").data != wanted:
            say_no(_("The text repeats a part by an alias (*): change this in the text."))
            return
        self._take(made)

    def _take(self, text: str) -> None:
        self.show(text)
        self._put(text)

    def _undone(self) -> None:
        self._take(self._history.undo())

    def _redone(self) -> None:
        self._take(self._history.redo())

    def _focus(self, act: str, place: Path) -> None:
        """Go to a step's button, as it was drawn anew."""
        at = place_code(place)
        ui.run_javascript(f"toStep({act!r}, {at!r})")
