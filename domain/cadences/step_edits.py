"""What people do with the steps of a cadence in its form: add, move, copy and delete them.

A step's address is its path in the file, as ``was`` of the form has it; so each of these is done to
a form that was just made of its file. None of them makes a cadence that can't be published of one
that can, except that a new branch has no steps yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.authoring.yaml_source import Path
from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    ExitForm,
    StepForm,
    copied,
    each_step,
)

TOP: Path = ("steps",)
"""The list that a cadence begins with."""


def step_at(form: CadenceForm, place: Path) -> StepForm | None:
    """The step that stands at a place."""
    return next((one for one in each_step(form.steps) if one.was == place), None)


def added(form: CadenceForm, place: Path, step: StepForm) -> CadenceForm:
    """With a step before the one that stands at a place, or at the end of the list.

    Raises:
        KeyError: there is no such list.
    """
    made = _cloned(form)
    _lists(made)[place[:-1]].insert(int(place[-1]), step)
    return made


def replaced(form: CadenceForm, place: Path, step: StepForm) -> CadenceForm:
    """With another step in the place of one.

    Raises:
        KeyError, IndexError: there is none.
    """
    made = _cloned(form)
    _lists(made)[place[:-1]][int(place[-1])] = step
    return made


def with_copy(form: CadenceForm, place: Path) -> CadenceForm | None:
    """With a copy of a step behind it; None where nothing can stand there."""
    step = step_at(form, place)
    if step is None:
        return None
    return _sound(form, added(form, (*place[:-1], int(place[-1]) + 1), copied(step)))


def without(form: CadenceForm, place: Path) -> CadenceForm | None:
    """Without a step and what is in it; None where a list needs it."""
    if step_at(form, place) is None:
        return None
    made = _cloned(form)
    del _lists(made)[place[:-1]][int(place[-1])]
    return _sound(form, made)


def moved(form: CadenceForm, place: Path, *, down: bool) -> CadenceForm | None:
    """With a step at the next place before or behind where it stands, into branches and out of
    them; None where there is none for it."""
    step = step_at(form, place)
    if step is None:
        return None
    rest = _cloned(form)
    del _lists(rest)[place[:-1]][int(place[-1])]
    slots = list(_slots(rest.steps, TOP))
    here = slots.index(place)
    for slot in slots[here + 1 :] if down else reversed(slots[:here]):
        made = _cloned(rest)
        _slot_list(made, slot[:-1]).insert(int(slot[-1]), step)
        if sound := _sound(form, made):
            return sound
    return None


def place_now(form: CadenceForm, was: Path) -> Path | None:
    """Where the step that stood at a place stands in a form that was changed."""
    return next((place for place, one in _walk(form.steps, TOP) if one.was == was), None)


def can_be_added(form: CadenceForm, place: Path, *, ends: bool) -> bool:
    """Whether a step may stand at a place; ``ends`` for an exit."""
    step: StepForm = ExitForm() if ends else BranchForm(then=[ExitForm()])
    return _sound(form, added(form, place, step)) is not None


def _cloned(form: CadenceForm) -> CadenceForm:
    """The same steps in lists of their own."""
    return replace(form, steps=_cloned_steps(form.steps))


def _cloned_steps(steps: Sequence[StepForm]) -> list[StepForm]:
    return [
        replace(one, then=_cloned_steps(one.then), otherwise=_cloned_steps(one.otherwise))
        if isinstance(one, BranchForm)
        else one
        for one in steps
    ]


def _walk(steps: Sequence[StepForm], path: Path) -> Iterator[tuple[Path, StepForm]]:
    for at, one in enumerate(steps):
        here = (*path, at)
        yield here, one
        if isinstance(one, BranchForm):
            yield from _walk(one.then, (*here, "branch", "then"))
            yield from _walk(one.otherwise, (*here, "branch", "else"))


def _lists(form: CadenceForm) -> dict[Path, list[StepForm]]:
    """Every list of steps by its path in the file."""
    found = {TOP: form.steps}
    for one in each_step(form.steps):
        if isinstance(one, BranchForm) and one.was is not None:
            found[*one.was, "branch", "then"] = one.then
            found[*one.was, "branch", "else"] = one.otherwise
    return found


def _slots(steps: Sequence[StepForm], path: Path) -> Iterator[Path]:
    """Every place that a step could be put at, in the order in which they are read."""
    for at, one in enumerate(steps):
        yield (*path, at)
        if isinstance(one, BranchForm):
            yield from _slots(one.then, (*path, at, "branch", "then"))
            yield from _slots(one.otherwise, (*path, at, "branch", "else"))
    yield (*path, len(steps))


def _slot_list(form: CadenceForm, path: Path) -> list[StepForm]:
    """The list at a path as the form has it now, moved or not."""
    found = form.steps
    for at, arm in zip(path[1::3], path[3::3], strict=True):
        branch = found[int(at)]
        if not isinstance(branch, BranchForm):
            raise KeyError(path)
        found = branch.then if arm == "then" else branch.otherwise
    return found


def _sound(before: CadenceForm, after: CadenceForm) -> CadenceForm | None:
    """A form, unless its steps are more wrong than they were."""
    return after if _faults(after.steps)[0] <= _faults(before.steps)[0] else None


def _faults(steps: Sequence[StepForm]) -> tuple[int, bool]:
    """How many lists lack a step that they need, and steps that no lead comes to; and whether leads
    come out at the end."""
    found, goes_on = int(not steps), True
    for one in steps:
        found += not goes_on
        if isinstance(one, ExitForm):
            goes_on = False
        elif isinstance(one, BranchForm):
            then, otherwise = _faults(one.then), _faults(one.otherwise)
            # A way without steps goes on at once.
            found += then[0] + (otherwise[0] if one.otherwise else 0)
            goes_on = goes_on and (then[1] or otherwise[1])
    return found, goes_on
