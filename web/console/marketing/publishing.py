"""What publishing would do, asked before it is done."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup, escape
from nicegui import ui

from domain.scoring.policy import MEANINGS
from services.publishing import LONGEST_NOTE
from store.published.published_texts import Kind, PublishedText
from store.publishing.consequences import Consequences, consequences
from store.publishing.known_attributes import UnknownAttribute
from store.publishing.publishing import Checked, Published
from store.scoring.scoring import RescoringForecast
from web.console import labels
from web.console.parts import button, quiet, show, table
from web.console.sales.dry_run import dry_run_shown
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

MEANT = {
    "known": N_("Known"),
    "engaged": N_("Engaged"),
    "mql": N_("MQL"),
    "hot": N_("Hot"),
}
"""What grades mean together."""


async def agreed(
    visit: PageVisit,
    checked: Checked,
    kind: Kind,
    name: str,
    *,
    outdated: bool,
    changes: Markup | None = None,
) -> str | None:
    """Say what publishing a text without mistakes would do; what they say of it, None if they don't
    want it any more.

    Args:
        name: of what was edited; the text may say another.
        outdated: whether somebody published since it was begun.
        changes: what of the text is changed, where it was not seen.
    """
    follows = await visit.read(consequences, checked, visit.context.clock.now())
    with ui.dialog() as dialog, ui.card().classes("ask wide-ask"):
        show(escape(_("Publish {what}?", what=", ".join(_named(checked)))), "h2")
        if outdated:
            said = _("Somebody published since you began: their version is replaced by yours.")
            show(Markup('<p class="over">{}</p>').format(said))
        for sentence in _sentences(checked, kind, name, follows):
            show(escape(sentence), "p")
        for warning in checked.warnings:
            said = _("Warning, line {line}", line=warning.line)
            show(Markup('<p class="over">{}: {}</p>').format(said, warning.message))
        for unknown in follows.unknown:
            show(escape(_unknown(unknown)), "p")
        if follows.forecast:
            show(_forecast(follows.forecast))
            for sentence in _unmatched(follows.forecast):
                show(escape(sentence), "p")
        if follows.routing:
            show(dry_run_shown(follows.routing))
        if changes:
            show(changes)
        note = ui.input(_("What changed, and why (optional)")).classes("wide")
        note.props(f"outlined dense maxlength={LONGEST_NOTE}")
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(False))
            button(_("Publish now"), lambda: dialog.submit(True), main=True)
    answer = await dialog
    said = str(note.value or "")
    dialog.delete()
    return said if answer else None


def outcome(done: Published) -> str:
    """What was published, in a sentence."""
    versions = [
        _("{name} version {version}", name=name, version=one.version)
        for name, one in {**done.cadences, **done.policies}.items()
        if one.new
    ]
    said = [*versions, *(f"{name}.{language}" for name, language in done.templates)]
    if not said:
        return _("This is what was published already: nothing changed.")
    sentence = _("Published: {what}.", what=", ".join(said))
    if done.rescored:
        sentence += " " + ngettext(
            "1 lead is scored anew in the background.",
            "{number} leads are scored anew in the background.",
            done.rescored,
        )
    if done.events_kept:
        sentence += " " + _(
            "Events are kept for {number} months: policies need them for longer than was set.",
            number=done.events_kept,
        )
    return sentence


def publication(one: PublishedText) -> Markup:
    """When a version was published, by whom, and what they said of it."""
    who = labels.person(one.published_by) if one.published_by else ""
    said = [Markup("<span>{} {}</span>").format(moment(one.published_at), quiet(who))]
    if one.note:
        said.append(Markup("<span>{}</span>").format(one.note))
    return Markup('<span class="two">{}</span>').format(Markup().join(said))


def _named(checked: Checked) -> list[str]:
    return [
        *(cadence.name for _text, cadence in checked.cadences.values()),
        *checked.policies,
        *(f"{one.name}.{one.language}" for one in checked.templates),
    ]


def _sentences(checked: Checked, kind: Kind, name: str, follows: Consequences) -> Iterator[str]:
    named = _named(checked)
    if name and name not in named:
        yield _("The text is called {other}: {name} stays as it is.", other=named[0], name=name)
    if kind == "cadence":
        if follows.leads:
            yield ngettext(
                "1 lead is in it now and goes on in the version that it began.",
                "{number} leads are in it now and go on in the version that they began.",
                follows.leads,
            )
        yield _("Whoever enters from now on gets this one.")
    elif kind == "template":
        if follows.cadences:
            names = ", ".join(follows.cadences)
            yield _("These cadences get a new version with this mail: {names}.", names=names)
            yield _("Leads that are in them go on with the mails they began with.")
        else:
            yield _("No cadence sends this mail. Mails sent outside of cadences use it at once.")
    elif follows.forecast:
        yield from _becomes(follows.forecast, follows.per_hour)
    elif name == "recycle":
        yield _(
            "Leads that rest already keep their day; those that come to rest from now on get the "
            "new one."
        )
    else:
        yield _("It holds for everybody at once.")


def _becomes(found: RescoringForecast, per_hour: int) -> Iterator[str]:
    """What becomes of the leads that the table calls MQL or hot."""
    if not found.ready:
        yield _("No lead would be ready for sales (MQL or hot).")
        return
    yield ngettext(
        "1 lead would be ready for sales (MQL or hot).",
        "{number} leads would be ready for sales (MQL or hot).",
        found.ready,
    )
    if found.would_cross:
        yield _(
            "{number} of them go to sales, {per_hour} an hour: the last in {hours} hours.",
            number=found.would_cross,
            per_hour=per_hour,
            hours=math.ceil(found.would_cross / per_hour),
        )
    if found.on_entry:
        yield _("{number} go when their journey begins, at the same pace.", number=found.on_entry)
    if others := found.ready - found.would_cross - found.on_entry:
        yield _(
            "{number} don't go now: sales has or had them, they rest, or have ended.",
            number=others,
        )


def _unknown(one: UnknownAttribute) -> str:
    said = (
        _("No account has {name}.", name=one.name)
        if one.name.startswith("account.")
        else _("No lead has {name}.", name=one.name)
    )
    return f"{one.where}: {said} {one.advice}".rstrip()


def _unmatched(found: RescoringForecast) -> Iterator[str]:
    for rule in found.matched_by_none:
        if missing := found.unanswered.get(rule, 0):
            yield _(
                "The rule “{rule}” is matched by 0 leads; for {number} it could not be answered.",
                rule=labels.rule(rule),
                number=missing,
            )
        else:
            yield _("The rule “{rule}” is matched by 0 leads.", rule=labels.rule(rule))


def _forecast(found: RescoringForecast) -> Markup:
    return table(
        [_("Leads that mean"), _("Now"), _("With the new rules")],
        [
            (_(MEANT[one]), f"{found.before.get(one, 0):,}", f"{found.after.get(one, 0):,}")
            for one in MEANINGS
        ],
        caption=_("What the new rules would do"),
        numbers=(1, 2),
    )
