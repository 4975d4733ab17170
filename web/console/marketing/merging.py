"""What two people made of one cadence, put together; what both changed is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.concurrency import run_in_threadpool
from markupsafe import escape
from nicegui import ui

from domain.authoring.yaml_edit import merged
from domain.authoring.yaml_source import read
from domain.cadences.cadence_form import StepForm, WindowForm, data_of
from domain.cadences.cadence_merge import MergeConflict, MergedCadence, Side, merge
from web.console.frame import say_done, say_no
from web.console.marketing.cadence_rules import window_words
from web.console.marketing.canvas import Canvas
from web.console.marketing.course import EXITS
from web.console.marketing.step_text import as_text
from web.console.parts import button, quiet, show
from web.console.words import N_, _

RULES = {
    "name": N_("Name of the cadence"),
    "description": N_("Whom it is for, and what it is to achieve."),
    "topic": N_("Topic"),
    "window": N_("Mail goes"),
    "exit_on": N_("Ends early when"),
    "order": N_("Order of the steps"),
}


async def merged_by_step(canvas: Canvas, begun: str, mine: str, theirs: str) -> str | None:
    """My text with what they changed; None where that can't be, or they don't want it.

    Args:
        canvas: says what a step is.
        begun: what both were begun from.
    """
    read_all = [read(one, "") for one in (begun, mine, theirs)]
    data = [None if one.problems else one.data for one in read_all]
    found = merge(data[0], data[1], data[2], {})
    if found is None:
        say_no(_("They can't be merged while the text can't be read: compare them."))
        return None
    if found.conflicts:
        answers = await _answers(canvas, found.conflicts)
        found = merge(data[0], data[1], data[2], answers) if answers is not None else None
    if found is None:
        return None
    text = await run_in_threadpool(_written, mine, found)
    if text is None:
        say_no(_("The text repeats a part by an alias (*): change this in the text."))
        return None
    say_done(_("Merged. Look at it before you publish."))
    return text


def _written(mine: str, found: MergedCadence) -> str | None:
    made = merged(mine, found.data)
    return made if read(made, "").data == found.data else None


async def _answers(canvas: Canvas, conflicts: Sequence[MergeConflict]) -> dict[str, Side] | None:
    """Whose of each conflict is taken; None where they give it up."""
    answers: dict[str, Side] = {one.key: "mine" for one in conflicts}
    with ui.dialog().props("persistent") as dialog, ui.card().classes("ask wide-ask"):
        title = _("Both of you changed this: whose is taken?")
        dialog.props["aria-label"] = title
        show(escape(title), "h2")
        show(quiet(_("Everything else is put together already.")), "p")
        for one in conflicts:
            mine, theirs = _said(canvas, one)
            with ui.element("fieldset").classes("setting"):
                show(escape(_(RULES.get(one.rule, one.rule)) if one.rule else _("Step")), "legend")
                offered = {
                    "mine": _("Yours: {what}", what=mine),
                    "theirs": _("Theirs: {what}", what=theirs),
                }
                chosen = ui.radio(offered, value="mine")
                chosen.on_value_change(
                    lambda event, key=one.key: answers.update({key: event.value})
                )
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(False))
            button(_("Merge"), lambda: dialog.submit(True), main=True)
    dialog.on("keydown.escape", lambda: dialog.submit(False))
    agreed = await dialog
    dialog.delete()
    return answers if agreed else None


def _said(canvas: Canvas, one: MergeConflict) -> tuple[str, str]:
    if one.rule == "order":
        mine, theirs = (" → ".join(_step(canvas, step) for step in side) for side in one.values)
        return mine, theirs
    if one.rule:
        return _value(canvas, one.values[0]), _value(canvas, one.values[1])
    mine, theirs = _step(canvas, one.mine, one.inside[0]), _step(canvas, one.theirs, one.inside[1])
    if mine == theirs and one.mine and one.theirs:
        mine, theirs = (
            f"{mine} ({more})" for more in map(as_text, differing(one.mine, one.theirs))
        )
    return mine, theirs


def differing(mine: StepForm, theirs: StepForm) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two versions of a step say otherwise, by the keys of the file."""
    one, other = _flat(data_of(mine)), _flat(data_of(theirs))
    keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    return {key: one.get(key) for key in keys}, {key: other.get(key) for key in keys}


def _flat(data: Any) -> dict[str, Any]:
    """Keys and values of a step, those of its parts among them."""
    flat: dict[str, Any] = {}
    for key, value in data.items() if isinstance(data, dict) else [("", data)]:
        flat |= value if isinstance(value, dict) else {key: value}
    return flat


def _step(canvas: Canvas, step: StepForm | None, inside: str = "") -> str:
    said = canvas.said(step)[0].striptags() if step else _("deleted")
    return _("{step}, in the branch {branch}", step=said, branch=inside) if inside else said


def _value(canvas: Canvas, value: Any) -> str:
    match value:
        case None:
            return _("deleted")
        case WindowForm():
            return window_words(value, canvas.language)
        case str():
            return value
        case list():
            return ", ".join(_(EXITS[one]) if one in EXITS else str(one) for one in value)
        case _:
            return as_text(value)
