"""The timeline of a lead: everything that happened, in words, with the mails as they were sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from markupsafe import Markup
from nicegui import ui
from nicegui.events import GenericEventArguments

from domain.contracts.tasks import TaskKind
from domain.labels import SALE_STAGES
from store.views.lead_timeline import KINDS, TimelineEntry, timeline, timeline_length
from web.console import labels
from web.console.leads.person import FIELDS
from web.console.parts import Tone, badge, button, empty, link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

STEP = 60
MOST = 1000
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": (N_("All"), KINDS),
    "mail": (N_("Mails"), ("mail", "answer")),
    "engagement": (N_("Engagement"), ("engagement", "answer")),
    "task": (N_("Tasks"), ("task", "meeting")),
    "stage": (N_("Stages and cycles"), ("stage",)),
    "opportunity": (N_("Sales"), ("opportunity",)),
    "owner": (N_("Owners and promises"), ("owner", "promise")),
    "consent": (N_("Consent"), ("consent",)),
    "note": (N_("Written by hand"), ("note", "correction")),
    "claim": (N_("Only said"), ("claim",)),
}
ASKED_MAIL = """(e) => {
    const one = e.target.closest('[data-mail]');
    if (one) emit(Number(one.dataset.mail));
}"""


class Timeline:
    """What happened, the newest first, of the kinds that are chosen."""

    def __init__(self, visit: PageVisit, lead_id: int) -> None:
        self.visit, self.lead_id = visit, lead_id
        self.chosen, self.limit = "all", STEP
        kinds = ui.element("div").classes("kinds")
        with kinds.props(f'role="group" aria-label="{_("What happened")}"'):
            self._buttons = {
                name: button(_(label), self._chooser(name))
                for name, (label, _kinds) in FILTERS.items()
            }
        self._list = ui.element("div")

    async def refresh(self) -> None:
        """Read it anew."""
        kinds = FILTERS[self.chosen][1]
        lines = await self.visit.read(
            timeline,
            self.lead_id,
            self.visit.context.clock.now(),
            kinds=kinds,
            limit=self.limit + 1,
        )
        for name, one in self._buttons.items():
            one.props(f'aria-pressed="{str(name == self.chosen).lower()}"')
        self._list.clear()
        with self._list:
            if not lines:
                empty(_("Nothing of this kind has happened yet."))
                return
            items = Markup().join(_line(one) for one in lines[: self.limit])
            listed = show(items, "ol").classes("timeline")
            listed.on("click", self._read_mail, js_handler=ASKED_MAIL)
            if len(lines) > self.limit:
                await self._rest(kinds)

    async def _rest(self, kinds: tuple[str, ...]) -> None:
        """What is before the lines that are shown: a button for it, or how much there is."""
        with ui.element("div").classes("more"):
            if self.limit < MOST:
                button(_("Earlier"), self._earlier)
                return
            now = self.visit.context.clock.now()
            count = await self.visit.read(timeline_length, self.lead_id, now, kinds)
            show(quiet(_("… {number} more", number=f"{count - self.limit:,}")))

    async def _earlier(self) -> None:
        self.limit += 3 * STEP
        await self.refresh()

    def _chooser(self, name: str) -> Callable[[], Awaitable[None]]:
        async def choose() -> None:
            self.chosen, self.limit = name, STEP
            await self.refresh()

        return choose

    def _read_mail(self, event: GenericEventArguments) -> None:
        title = _("The mail as it was sent")
        named = ui.dialog().props(f'aria-label="{title}"')
        with named as dialog, ui.card().classes("letter"):
            show(
                Markup('<iframe sandbox src="/console/mails/{}" title="{}"></iframe>').format(
                    int(event.args), title
                )
            )
            with ui.element("div").classes("acts"):
                show(quiet(_("Links are dead here, and reading it is no open.")), "span")
                button(_("Close"), dialog.close)
        dialog.on("hide", dialog.delete)
        dialog.open()


def _line(one: TimelineEntry) -> Markup:
    said = _SAID[one.kind](one)
    machine = one.kind == "engagement" and one.facts["machine"]
    return Markup("<li{}>{}<div>{}</div></li>").format(
        Markup(' class="machine"') if machine else "", moment(one.at), said
    )


def _parts(title: Markup | str, *more: Markup | str) -> Markup:
    """A line: what it was, then what is known of it."""
    return Markup("<strong>{}</strong> {}").format(
        title, Markup(" · ").join(part for part in more if part)
    )


def _words(text: str) -> Markup:
    return Markup("<blockquote>{}</blockquote>").format(text) if text else Markup()


def _mail(one: TimelineEntry) -> Markup:
    facts = one.facts
    subject = facts["subject"] or facts["step"]
    if facts["kept"]:
        subject = Markup(
            '<button type="button" class="plain-link" data-mail="{}">{}</button>'
        ).format(one.ref, subject)
    error = badge(facts["error"], "bad" if facts["state"] == "failed" else "warn")
    by = quiet(_("by {who}", who=labels.person(facts["by"]))) if facts["by"] else ""
    said = _parts(labels.mail_state(facts["state"]), subject, by, error if facts["error"] else "")
    return said + _words(facts["text"])


def _engagement(one: TimelineEntry) -> Markup:
    facts = one.facts
    if facts["machine"]:
        said = (labels.engagement(facts["what"]), labels.machine(facts["machine"]), facts["name"])
        return quiet(" · ".join(part for part in said if part))
    points = facts["points"]
    given = badge(ngettext("{number} point", "{number} points", points), "good") if points else ""
    return _parts(labels.engagement(facts["what"]), facts["name"], given) + _words(facts["text"])


def _answer(one: TimelineEntry) -> Markup:
    facts = one.facts
    return _parts(labels.engagement(facts["what"]), facts["subject"]) + _words(facts["text"])


_TASK_TONES: dict[str, Tone] = {"open": "warn", "expired": "bad", "refused": "bad"}


def _task(one: TimelineEntry) -> Markup:
    facts = one.facts
    state = facts["state"]
    ended = labels.disposition(facts["disposition"]) if facts["disposition"] else ""
    return _parts(
        labels.task_state(state),
        facts["title"] if facts["what"] == TaskKind.TO_DO else labels.task_kind(facts["what"]),
        badge(ended, _TASK_TONES.get(state, "good")) if ended else "",
        labels.reason(facts["reason"]) if facts["reason"] else "",
        quiet(_("by {who}", who=labels.person(facts["by"])))
        if facts["by"]
        else quiet(labels.person(facts.get("owner", ""))),
        badge(_("too late"), "bad") if facts.get("late") else "",
    ) + _words(facts["note"])


def _stage(one: TimelineEntry) -> Markup:
    facts = one.facts
    if "stays_out" in facts:
        return _parts(
            link(_("Not in {cadence}", cadence=facts["cadence"]), f"/enrollments/{one.ref}"),
            badge(labels.why_not(facts["stays_out"])),
            quiet(labels.entry_way(facts["way"], facts["what"])),
        )
    moved = facts["from"] != facts["to"]
    return _parts(
        Markup("{} → {}").format(labels.stage(facts["from"]), labels.stage(facts["to"]))
        if moved
        else labels.phase(facts["phase"]),
        labels.phase(facts["phase"]) if moved else "",
        _reason(facts["reason"]),
        *_enrolled(facts.get("enrolled")),
        badge(_("cycle {number}", number=facts["cycle"])) if facts["new_cycle"] else "",
    )


def _enrolled(by_run: Mapping[str, Any] | None) -> tuple[Markup | str, ...]:
    """Into which cadence it came, by whom or what, why, and which cadence it left for it."""
    if by_run is None:
        return ()
    return (
        link(by_run["cadence"], f"/enrollments/{by_run['run']}"),
        quiet(
            _("by {who}", who=labels.person(by_run["by"]))
            if by_run["way"] == "hand"
            else labels.entry_way(by_run["way"], by_run["what"])
        ),
        quiet(by_run["why"]),
        quiet(_("instead of {cadence}", cadence=by_run["instead_of"]))
        if by_run["instead_of"]
        else "",
    )


def _reason(code: str) -> str:
    # An opportunity that moves on gives its new stage as the reason.
    return labels.opportunity_stage(code) if code in SALE_STAGES else labels.reason(code)


_MEETING_TONES: dict[str, Tone] = {"held": "good", "no_show": "bad", "cancelled": "warn"}


def _meeting(one: TimelineEntry) -> Markup:
    facts = one.facts
    tone = _MEETING_TONES.get(facts["state"], "plain")
    return _parts(
        link(_("Meeting"), f"/meetings/{one.ref}"),
        badge(labels.meeting_state(facts["state"]), tone),
        _("set {number} times", number=facts["attempt"]) if facts["attempt"] > 1 else "",
        quiet(labels.person(facts["owner"])),
    )


def _opportunity(one: TimelineEntry) -> Markup:
    facts = one.facts
    opened = facts["what"] == "opened"
    return _parts(
        _("Opportunity opened") if opened else _("Opportunity closed"),
        facts["name"],
        ""
        if opened
        else badge(labels.reason(facts["what"]), "good" if facts["what"] == "won" else "bad"),
        labels.reason(facts["reason"]) if facts.get("reason") else "",
        facts.get("competitor", ""),
        quiet(labels.person(facts["owner"])),
    )


def _owner(one: TimelineEntry) -> Markup:
    facts = one.facts
    owner = labels.person(facts["owner"]) or _("Nobody")
    return _parts(
        _("Owner"),
        Markup("{} → {}").format(labels.person(facts["previous"]), owner)
        if facts["previous"]
        else owner,
        labels.cause(facts["cause"]),
        quiet(labels.rule(facts["rule"])),
        quiet(_("by {who}", who=labels.person(facts["by"]))) if facts["by"] else "",
    )


def _promise(one: TimelineEntry) -> Markup:
    facts = one.facts
    return _parts(
        labels.promise(facts["promise"]),
        badge(
            labels.promise_action(facts["action"]), "bad" if facts["action"] == "breach" else "warn"
        ),
        quiet(", ".join(map(labels.person, str(facts["detail"]).split(", ")))),
        badge(_("only noted")) if facts["pilot"] else "",
    )


def _consent(one: TimelineEntry) -> Markup:
    facts = one.facts
    said_yes = facts["action"] == "opt_in"
    return _parts(
        _("Wants mail") if said_yes else _("Wants no mail"),
        facts["topic"],
        quiet(str(facts["source"]).replace("_", " ")),
    ) + _words(facts["evidence"])


def _claim(one: TimelineEntry) -> Markup:
    field = str(one.facts["field"]).removeprefix("attributes.").replace("_", " ")
    said = _(
        "{source} said {field}: {value}",
        source=one.facts["source"],
        field=field,
        value=one.facts["value"],
    )
    return _parts(_("Only said"), said, quiet(_("not taken over: something else is known")))


NOTES = {"note": N_("Note"), "call": N_("Call"), "mail": N_("Mail")}
DIRECTIONS = {"out": N_("to the lead"), "in": N_("from the lead")}


def _note(one: TimelineEntry) -> Markup:
    facts = one.facts
    kind, way = facts["what"], facts["direction"]
    return _parts(
        _(NOTES[kind]),
        _(DIRECTIONS[way]) if way else "",
        badge(labels.disposition(facts["outcome"]), "good") if facts["outcome"] else "",
        facts["subject"],
        quiet(_("by {who}", who=labels.person(facts["by"]))),
    ) + _words(facts["text"])


def _correction(one: TimelineEntry) -> Markup:
    facts = one.facts
    by = quiet(_("by {who}", who=labels.person(facts["by"])))
    field = facts["field"]
    if not field:
        return _parts(_("Entered by hand"), by)
    changed = Markup("{} → {}").format(facts["before"] or "–", facts["after"] or "–")
    return _parts(_("Corrected"), _(FIELDS[field]), changed, by)


_SAID: dict[str, Callable[[TimelineEntry], Markup]] = {
    "mail": _mail,
    "engagement": _engagement,
    "answer": _answer,
    "task": _task,
    "stage": _stage,
    "meeting": _meeting,
    "opportunity": _opportunity,
    "owner": _owner,
    "promise": _promise,
    "consent": _consent,
    "claim": _claim,
    "note": _note,
    "correction": _correction,
}
