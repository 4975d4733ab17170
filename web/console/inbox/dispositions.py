"""The numbered ways in which a task may end: the chosen one opens with what follows and what it
needs, and one more key confirms it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

from domain.contracts.tasks import Disposition, TaskKind
from domain.refusals import Refusal
from domain.rules.policy import code_of
from domain.sales.opportunities import QUALIFICATION
from domain.tasks.completion import (
    LONGEST_NOTE,
    Completion,
    Learned,
    MailDecision,
    lacks_competitor,
)
from domain.tasks.rules import DISPOSITIONS, DispositionRule
from domain.tasks.wording import questions_of
from domain.time.window import is_business_day, zone
from store.views.inbox import TaskView
from web.console import labels
from web.console.frame import say_no
from web.console.inbox.mail_after import MailAfterCall, Snippets
from web.console.inbox.typed import ASKED, answers_in, note_from, note_of
from web.console.inbox.what_follows import in_full, in_short
from web.console.labels import disposition as named
from web.console.parts import button, piece, quiet, show
from web.console.refusals import told
from web.console.slots import offer_times, some_of
from web.console.visit import PageVisit
from web.console.words import N_, _

KEYS = "1234567890"
WAYS = {"recycle": N_("back to marketing"), "disqualify": N_("out for good")}
"""Where a returned lead goes."""

CHOSEN = "(e) => { const way = e.target.closest('[data-way]'); if (way) emit(way.dataset.way); }"
"""Tells which way out was chosen."""
_WAYS = piece(
    """
    {% for code, key, name, leads in ways %}
    <div class="ending">
    <button type="button" class="way" data-way="{{ code }}" aria-expanded="false"
    {% if key %} data-key="{{ key }}" aria-keyshortcuts="{{ key }}"{% endif %}>
    {% if key %}<kbd>{{ key }}</kbd>{% endif %}
    <span>{{ name }}</span><span class="quiet leads">{{ leads }}</span>
    </button></div>
    {% endfor %}
    """
)


class Dispositions:
    """The part of a task's screen that ends the task. ``doubt`` says why free times may be taken
    all the same."""

    def __init__(
        self,
        visit: PageVisit,
        view: TaskView,
        typed: Completion,
        confirm: Callable[[Completion], Awaitable[None]],
        snippets: Snippets = (),
        *,
        doubt: str = "",
    ) -> None:
        self.visit, self.view, self.typed, self._snippets = visit, view, typed, snippets
        self._doubt = doubt
        self._confirm_with = confirm
        self._busy = False
        self._wrong = ""
        self._whys: dict[str, ui.button] = {}
        self._day: ui.input | None = None
        if questions := questions_of(view.task.facts):
            self._review(questions)
        else:
            self._writing()
        if view.opportunity is not None and view.task.kind == TaskKind.OPPORTUNITY:
            self._qualification()
        label = _("How it ended")
        self._ways = (
            ui.element("div").classes("endings").props(f'role="group" aria-label="{label}"')
        )
        self._build()

    def _writing(self) -> None:
        keys = _("n to write, Ctrl+Enter to confirm, Esc to leave")
        note = ui.textarea(
            _("Note"), value=self.typed.note, on_change=lambda change: self._note(change.value)
        )
        note.props(f"autogrow outlined dense rows=1 maxlength={LONGEST_NOTE}").classes("note")
        note.props(f'data-key="n" aria-keyshortcuts="n" hint="{keys}"')
        note.props(f"data-draft={note_of(self.view.task.id)}")
        note.on("keydown.ctrl.enter", self.confirm)

    def _review(self, questions: Sequence[str]) -> None:
        """A field for each question; the answers are kept as the note."""
        answers = answers_in(self.typed.note, questions)

        def answer(number: int, value: str | None) -> None:
            answers[number] = value or ""
            self._note(note_from(questions, answers))

        longest = LONGEST_NOTE // len(questions) - max(map(len, questions)) - 10
        for number, question in enumerate(questions):
            field = ui.textarea(
                question,
                value=answers[number],
                on_change=lambda change, number=number: answer(number, change.value),
            )
            field.props(f"autogrow outlined rows=1 maxlength={longest} stack-label")
            field.classes("note").on("keydown.ctrl.enter", self.confirm)

    def _build(self) -> None:
        codes, chosen = self.view.task.dispositions, self.typed.disposition
        at = codes.index(chosen) if chosen in codes else len(codes)
        # While digits choose a time or a reason, they don't choose another way out.
        taken = bool(chosen) and (bool(self._choices(chosen)) or _takes(chosen).needs_time)
        keys = dict(zip(codes, KEYS, strict=False)) if not taken else {}
        self._ways.clear()
        with self._ways:
            self._closed(codes[:at], keys)
            if at < len(codes):
                self._open(chosen, keys.get(chosen, ""))
            self._closed(codes[at + 1 :], keys)

    def _closed(self, codes: Sequence[str], keys: Mapping[str, str]) -> None:
        """Ways out to choose from, as one element: each of its own would cost the server more than
        the rest of the page."""
        ways = [(one, keys.get(one, ""), named(one), in_short(self.view, one)) for one in codes]
        show(_WAYS(ways=ways)).classes("ways").on(
            "click", lambda event: self._choose(event.args), js_handler=CHOSEN
        )

    def _open(self, code: str, key: str) -> None:
        """The chosen way out, with what it needs."""
        with ui.element("div").classes("ending open"):
            made = button(named(code), partial(self._choose, code), key=key)
            made.classes("choice").props("align=left aria-expanded=true")
            with made:
                show(quiet(in_short(self.view, code)), "span").classes("leads")
            with ui.element("div").classes("panel"):
                self._panel(code)

    def _panel(self, code: str) -> None:
        show(escape(in_full(self.view, code)), "p").classes("next")
        takes = _takes(code)
        if takes.needs_time:
            self._times(code)
        if takes.needs_reason:
            self._reasons(code)
        self._day = None
        if takes.may_name_day:
            self._day = ui.input(
                _("Comes back on (if agreed)"),
                value=self.typed.until.isoformat() if self.typed.until else "",
                on_change=lambda change: self._until(change.value),
            )
            self._day.props("type=date stack-label outlined dense clearable").classes("day")
            self._day.on("keydown.enter", self.confirm)
            self._day.set_visibility(not self._is_out_for_good())
        if (action := self.view.next.get(code)) and action.mail:
            MailAfterCall(
                self.visit,
                self.view.task.id,
                code,
                decided=self.typed.mail,
                decide=self._mail,
                snippets=self._snippets,
            )
        if self._wrong:
            show(escape(self._wrong), "p").classes("wrong").props('role="alert"')
        with ui.element("div").classes("acts"):
            self._sure = button(_("Confirm"), self.confirm, main=True, key="Enter")
            button(_("Cancel"), self._cancel, key="Escape")
        self._focus_on_confirm()

    def _focus_on_confirm(self) -> None:
        """So that Enter confirms; whoever types already is left alone."""
        ui.run_javascript(
            f"const sure = getHtmlElement({self._sure.id});"
            "const typing = document.activeElement?.closest('.ending input');"
            "if (!typing) sure?.focus({preventScroll: true});"
            "sure?.closest('.ending').scrollIntoView({block: 'nearest'})"
        )

    def _times(self, code: str) -> None:
        offer_times(
            self.visit,
            self._times_for(code),
            self.typed.at,
            time_zone=self.view.task.time_zone,
            choose=self._at,
            type_own=lambda at: setattr(self.typed, "at", at),
            keys=KEYS,
            doubt=self._doubt if _takes(code).books else "",
        ).on("keydown.enter", self.confirm)

    def _reasons(self, code: str) -> None:
        show(escape(_("Why?")), "h3")
        self._whys = {}
        with ui.element("div").classes("slots why"):
            for number, one in enumerate(self._choices(code)):
                key = KEYS[number] if number < len(KEYS) else ""
                made = button(labels.reason(one), partial(self._reason, one), key=key)
                made.props(_pressed(one == self.typed.reason))
                self._whys[one] = made
                if (meant := self.view.returns.get(one)) and code == Disposition.RETURN:
                    with made:
                        show(quiet(_(WAYS[meant.to])), "span")
        if _takes(code).may_name_competitor:
            self._competitor()

    def _competitor(self) -> None:
        """A field for one of the competitors that are known, or for another, whose code is what is
        entered: it stays in the database."""
        known = {one: labels.competitor(one) for one in self.view.competitors}
        codes = {name.casefold(): code for code, name in known.items()}
        list_id = f"known-competitor-{self.view.task.id}"

        def enter(value: str | None) -> None:
            name = (value or "").strip()
            self.typed.competitor = codes.get(name.casefold()) or code_of(name)

        ui.input(
            _("Lost to whom?"),
            value=labels.competitor(self.typed.competitor),
            on_change=lambda change: enter(change.value),
        ).props(f"outlined dense list={list_id}").on("keydown.enter", self.confirm)
        options = Markup().join(Markup("<option>{}</option>").format(one) for one in known.values())
        show(options, "datalist").props(f"id={list_id}")

    def _qualification(self) -> None:
        """Budget, authority, need and timeline as they are known; what is typed is recorded with
        whatever the task ends with."""
        known = (
            dict(self.view.opportunity.known if self.view.opportunity else {}) | self.typed.known
        )
        with ui.element("div").classes("bant"):
            for name in QUALIFICATION:
                ui.input(
                    _(ASKED[name]),
                    value=known.get(name, ""),
                    on_change=lambda change, name=name: self._learned(name, change.value),
                ).props("outlined dense stack-label")

    def _choices(self, code: str) -> list[str]:
        """The reasons that a disposition may be given with."""
        if code == Disposition.RETURN and self.view.returns:
            return sorted(
                self.view.returns, key=lambda one: self.view.returns[one].to, reverse=True
            )
        return list(self.view.loss_reasons) if _takes(code).needs_reason else []

    def _times_for(self, code: str) -> list[datetime]:
        now = self.visit.context.clock.now()
        if code == Disposition.CALL_BACK:
            task = self.view.task
            return _call_back_times(now, task.time_zone, self.view.country, self.view.later)
        return some_of(self.view.slots)

    def _missing(self) -> str:
        """What the chosen disposition still needs; '' for nothing."""
        takes = _takes(self.typed.disposition)
        if takes.needs_time and self.typed.at is None:
            return _("Choose a time first.")
        if takes.needs_reason and not self.typed.reason:
            return _("Choose a reason first.")
        if lacks_competitor(self.typed):
            return _("Say which competitor it was.")
        return ""

    async def confirm(self) -> None:
        """Confirm the chosen disposition, once."""
        if self._busy:
            return
        if not self.typed.disposition:
            say_no(_("Choose how it ended first."))
            return
        self._wrong = self._missing()
        if not self._wrong:
            self._busy = True
            try:
                await self._confirm_with(self.typed.pruned())
            except Refusal as problem:
                self._wrong = told(str(problem))
            finally:
                self._busy = False
        if self._wrong:
            self._build()

    def _choose(self, code: str) -> None:
        if code != self.typed.disposition:
            self.typed.disposition, self.typed.at, self.typed.reason = code, None, ""
            self.typed.mail = None
        self._wrong = ""
        self._build()

    def _cancel(self) -> None:
        self.typed.disposition = ""
        self._build()

    def _at(self, at: datetime) -> None:
        self.typed.at, self._wrong = at, ""
        self._build()

    def _mail(self, decided: MailDecision | None) -> None:
        self.typed.mail, self._wrong = decided, ""
        self._build()

    def _is_out_for_good(self) -> bool:
        """Whether the lead never comes back, so that there is no day to agree on."""
        meant = self.view.returns.get(self.typed.reason)
        is_return = self.typed.disposition == Disposition.RETURN
        return is_return and meant is not None and meant.to == "disqualify"

    def _reason(self, code: str) -> None:
        self.typed.reason = code
        if self._is_out_for_good():
            self.typed.until = None
        if self._day is not None:
            self._day.set_visibility(not self._is_out_for_good())
        if self._wrong:
            self._wrong = ""
            self._build()
            return
        # Nothing is built anew: somebody may be typing in the next field.
        for one, made in self._whys.items():
            made.props(_pressed(one == code))
        self._focus_on_confirm()

    def _until(self, value: str | None) -> None:
        self.typed.until = date.fromisoformat(value) if value else None

    def _note(self, value: str | None) -> None:
        self.typed.note = value or ""

    def _learned(self, name: str, value: str | None) -> None:
        self.typed.learned = self.typed.learned or Learned()
        setattr(self.typed.learned, name, value or "")


def _pressed(is_so: bool) -> str:
    return f"aria-pressed={'true' if is_so else 'false'}"


def _takes(code: str) -> DispositionRule:
    return DISPOSITIONS[Disposition(code)]


def _call_back_times(
    now: datetime, time_zone: str, country: str, asked: date | None
) -> list[datetime]:
    """In one hour and in three, and the next business day (from the day that the lead ``asked``
    for, if it did) in the morning and after lunch, by the lead's clock."""
    there = now.astimezone(zone(time_zone))
    quarter = there.replace(minute=there.minute // 15 * 15, second=0, microsecond=0)
    day = asked or there.date() + timedelta(days=1)
    while not is_business_day(day, country):
        day += timedelta(days=1)
    soon = [quarter + timedelta(hours=hours) for hours in (1, 3)]
    later = [datetime.combine(day, time(hour), there.tzinfo) for hour in (10, 14)]
    return [at.astimezone(UTC) for at in (*soon, *later)]
