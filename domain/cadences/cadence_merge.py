"""Two people change one cadence: what each did is put together, step by step, and only what both
changed in another way is asked.

A step is known again by its id, then by what it does, then by its place among the others.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from domain.cadences.cadence_form import (
    BranchForm,
    CadenceForm,
    ExitForm,
    MailStepForm,
    StepForm,
    TaskForm,
    WaitForm,
    data_of,
    each_step,
    form_of,
    with_form,
)

Side = Literal["mine", "theirs"]
_APART = frozenset({"was", "written", "then", "otherwise"})
_RULES = ("name", "description", "topic", "window", "exit_on")


@dataclass(frozen=True)
class MergeConflict:
    """What both changed. ``key`` is what an answer knows it by; ``rule`` is the field of the form
    where it is none of a step (``order`` for that of the steps of a list), and ``values`` what mine
    and theirs say there. A step is None on the side that deleted it; ``inside`` is the branch and
    its arm into which a side moved it, '' for none."""

    key: str
    mine: StepForm | None = None
    theirs: StepForm | None = None
    rule: str = ""
    values: tuple[Any, Any] = (None, None)
    inside: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class MergedCadence:
    """Plain data of the file, for ``merged`` over the text that was mine; without an answer a
    conflict is mine."""

    data: dict[str, Any]
    conflicts: list[MergeConflict]


def merge(base: Any, mine: Any, theirs: Any, answers: Mapping[str, Side]) -> MergedCadence | None:
    """What two people made of one cadence; None where one of the three is none.

    Args:
        base, mine, theirs: plain data of the files; ``base`` is what both began with.
        answers: key of a conflict → whose is taken.
    """
    forms = [form_of(one) for one in (base, mine, theirs)]
    if forms[0] is None or forms[1] is None or forms[2] is None:
        return None
    work = _StepMerge(answers)
    made = work.rules(forms[0], forms[1], forms[2])
    work.moves(forms[0].steps, forms[1].steps, forms[2].steps)
    made.steps = work.steps(forms[0].steps, forms[1].steps, forms[2].steps)
    data = with_form(mine, made)
    work.others(data, base, mine, theirs)
    return MergedCadence(data, work.conflicts)


class _StepMerge:
    def __init__(self, answers: Mapping[str, Side]) -> None:
        self.conflicts: list[MergeConflict] = []
        self._answers = answers
        self._moved: dict[int, StepForm | None] = {}

    def _is_theirs(self, conflict: MergeConflict) -> bool:
        self.conflicts.append(conflict)
        return self._answers.get(conflict.key, "mine") == "theirs"

    def rules(self, base: CadenceForm, mine: CadenceForm, theirs: CadenceForm) -> CadenceForm:
        made = copy.copy(mine)
        for name in _RULES:
            was, one, other = (getattr(form, name) for form in (base, mine, theirs))
            if other in (was, one):
                continue
            if one == was or self._is_theirs(MergeConflict(name, rule=name, values=(one, other))):
                setattr(made, name, other)
        return made

    def others(self, data: dict[str, Any], base: Any, mine: Any, theirs: Any) -> None:
        """What no form has a field for."""
        known = {"cadence", "description", "topic", "window", "exit_on", "steps"}
        for key in sorted({*base, *mine, *theirs} - known):
            was, one, other = (side.get(key) for side in (base, mine, theirs))
            if other in (was, one):
                continue
            if one == was or self._is_theirs(MergeConflict(key, rule=key, values=(one, other))):
                data.pop(key, None)
                if key in theirs:
                    data[key] = other

    def moves(self, base: Sequence[StepForm], mine: list[StepForm], theirs: list[StepForm]) -> None:
        """Steps that somebody moved to another list, such as the arm of a branch, and that the
        other one changed, deleted or moved too: what is not taken goes from the list where it
        stands."""
        ours, others = _Moves.between(base, mine), _Moves.between(base, theirs)
        for was in each_step(base):
            one, other = ours.to.get(id(was)), others.to.get(id(was))
            kept, left = ours.kept.get(id(was)), others.kept.get(id(was))
            stays = kept or left
            unchanged = stays is not None and data_of(stays) == data_of(was)
            if (one is None and other is None) or unchanged or _is_same(one, other):
                continue
            here, there = (one.step if one else kept), (other.step if other else left)
            inside = (one.inside if one else "", other.inside if other else "")
            key = _key(here, there)
            if self._is_theirs(MergeConflict(key, here, there, inside=inside)):
                _drop(mine, one)
                self._moved[id(was)] = _as_new(left) if left else None
            else:
                _drop(theirs, other)
                self._moved[id(was)] = kept

    def steps(
        self, base: Sequence[StepForm], mine: Sequence[StepForm], theirs: Sequence[StepForm]
    ) -> list[StepForm]:
        """A list of steps; what is new stands behind what it was put behind."""
        to_mine, to_theirs = _matched(base, mine), _matched(base, theirs)
        made: dict[tuple[Side, int], StepForm | None] = {}
        for at, was in enumerate(base):
            one = mine[to_mine[at]] if at in to_mine else None
            other = theirs[to_theirs[at]] if at in to_theirs else None
            result = self._step(was, one, other)
            if at in to_mine:
                made["mine", to_mine[at]] = result
            if at in to_theirs:
                made["theirs", to_theirs[at]] = result
        of_mine, of_theirs = _placed_new(mine, to_mine), _placed_new(theirs, to_theirs)
        for at, place in of_theirs:
            same = next((one for one in of_mine if one[1] == place), None)
            if same is not None:
                of_mine.remove(same)
            made["theirs", at] = mine[same[0]] if same else _as_new(theirs[at])
        for at, one in enumerate(mine):
            made.setdefault(("mine", at), one)
        first: Side = "theirs" if _in_order(to_mine) and not _in_order(to_theirs) else "mine"
        shared = sorted(to_mine.keys() & to_theirs.keys())
        orders = [sorted(shared, key=places.__getitem__) for places in (to_mine, to_theirs)]
        if shared not in orders and orders[0] != orders[1]:
            listed = "-".join(map(str, (base[0].was or ())[:-1]))
            values = ([*mine], [*theirs])
            if self._is_theirs(MergeConflict(f"order-{listed}", rule="order", values=values)):
                first = "theirs"
        second: Side = "mine" if first == "theirs" else "theirs"
        sizes = {"mine": len(mine), "theirs": len(theirs)}
        ordered = [one for at in range(sizes[first]) if (one := made[first, at]) is not None]
        for at in range(sizes[second]):
            one = made[second, at]
            if one is None or any(one is there for there in ordered):
                continue
            before = (made[second, earlier] for earlier in reversed(range(at)))
            spots = (_spot(ordered, there) for there in before if there is not None)
            ordered.insert(next((spot + 1 for spot in spots if spot is not None), 0), one)
        return ordered

    def _step(
        self, was: StepForm, mine: StepForm | None, theirs: StepForm | None
    ) -> StepForm | None:
        """A step that was there before, None where it is deleted."""
        if id(was) in self._moved:
            return self._moved[id(was)]
        if mine is None and theirs is None:
            return None
        if mine is None or theirs is None:
            left = mine or theirs
            if left is None or data_of(left) == data_of(was):
                return None
            key = _key(mine, theirs)
            if self._is_theirs(MergeConflict(key, mine, theirs)) == (theirs is None):
                return None
            return left if mine else _as_new(left)
        match was, mine, theirs:
            case BranchForm(), BranchForm(), BranchForm():
                return self._branch(was, mine, theirs)
        if data_of(theirs) in (data_of(was), data_of(mine)):
            return mine
        whole = _in_place_of(mine, theirs)
        if data_of(mine) == data_of(was):
            return whole
        merged, both = _fields_merged(was, mine, theirs)
        if not both:
            return merged
        return whole if self._is_theirs(MergeConflict(_key(mine, theirs), mine, theirs)) else mine

    def _branch(self, was: BranchForm, mine: BranchForm, theirs: BranchForm) -> BranchForm:
        merged, both = _fields_merged(was, mine, theirs)
        if both and self._is_theirs(MergeConflict(_key(mine, theirs), mine, theirs)):
            merged = replace(mine, condition=theirs.condition, id=theirs.id)
        if not isinstance(merged, BranchForm):
            raise TypeError("A branch became another step.")
        merged.then = self.steps(was.then, mine.then, theirs.then)
        merged.otherwise = self.steps(was.otherwise, mine.otherwise, theirs.otherwise)
        return merged


@dataclass(frozen=True)
class _Moved:
    """A step in another list than before; ``place`` is alike where two moved it alike."""

    step: StepForm
    place: Any
    inside: str


@dataclass
class _Moves:
    """What became of steps, by the ``id()`` of what they were: those that are in their list still
    and those that were moved to another."""

    kept: dict[int, StepForm] = field(default_factory=dict)
    to: dict[int, _Moved] = field(default_factory=dict)
    gone: list[StepForm] = field(default_factory=list)
    new: list[_Moved] = field(default_factory=list)

    @classmethod
    def between(cls, base: Sequence[StepForm], other: Sequence[StepForm]) -> _Moves:
        found = cls()
        found._compare(base, other, (), "")
        gone, new = found.gone, found.new
        while gone:
            was = gone.pop(0)
            same = next((one for one in new if _is_moved(was, one.step)), None)
            if same is not None:
                new.remove(same)
                found.to[id(was)] = same
            elif isinstance(was, BranchForm):
                gone += [*was.then, *was.otherwise]
        return found

    def _compare(
        self,
        base: Sequence[StepForm],
        other: Sequence[StepForm],
        place: Any,
        inside: str,
    ) -> None:
        places = _matched(base, other)
        self.gone += [one for at, one in enumerate(base) if at not in places]
        known = {there: base[at] for at, there in places.items()}
        for at, one in enumerate(other):
            was = known.get(at)
            if was is None:
                before = _does(other[at - 1]) if at else ()
                self.new.append(_Moved(one, (place, before), inside))
            else:
                self.kept[id(was)] = one
            if isinstance(one, BranchForm):
                old = was if isinstance(was, BranchForm) else BranchForm()
                here = (place, was.was if was else data_of(one))
                into = one.condition
                self._compare(old.then, one.then, (here, "then"), f"{into}, then")
                arm = (here, "else")
                self._compare(old.otherwise, one.otherwise, arm, f"{into}, else")


def _is_moved(was: StepForm, new: StepForm) -> bool:
    """Whether a new step is one that is gone elsewhere. Waits and exits are all alike."""
    if was.id or new.id:
        return was.id == new.id and was.kind == new.kind
    return not isinstance(was, WaitForm | ExitForm) and _does(was) == _does(new)


def _is_same(one: _Moved | None, other: _Moved | None) -> bool:
    if one is None or other is None:
        return False
    return (one.place, data_of(one.step)) == (other.place, data_of(other.step))


def _drop(steps: list[StepForm], moved: _Moved | None) -> None:
    """Take a step out of the list where it stands."""
    if moved is None:
        return
    steps[:] = [one for one in steps if one is not moved.step]
    for one in steps:
        if isinstance(one, BranchForm):
            _drop(one.then, moved)
            _drop(one.otherwise, moved)


def _fields_merged(was: StepForm, mine: StepForm, theirs: StepForm) -> tuple[StepForm, bool]:
    """Each field from whoever changed it, and whether both changed one."""
    if not type(was) is type(mine) is type(theirs):
        return mine, True
    changes, both = {}, False
    for one in fields(mine):
        if one.name in _APART:
            continue
        before, ours, other = (getattr(step, one.name) for step in (was, mine, theirs))
        if other in (before, ours):
            continue
        both = both or ours != before
        changes[one.name] = other
    return (replace(mine) if both else replace(mine, **changes)), both


def _in_place_of(mine: StepForm, theirs: StepForm) -> StepForm:
    """Their step where mine stands, with what was written about mine."""
    if type(mine) is type(theirs) and not isinstance(mine, BranchForm):
        return replace(theirs, was=mine.was, written=mine.written)
    return _as_new(theirs)


def _as_new(step: StepForm) -> StepForm:
    made = copy.deepcopy(step)
    for one in each_step([made]):
        one.was = None
    return made


def _key(mine: StepForm | None, theirs: StepForm | None) -> str:
    place = (mine.was if mine else None) or (theirs.was if theirs else None) or ()
    return f"{'mine' if mine else 'theirs'}-{'-'.join(map(str, place))}"


def _spot(ordered: Sequence[StepForm], step: StepForm) -> int | None:
    return next((at for at, one in enumerate(ordered) if one is step), None)


def _placed_new(steps: Sequence[StepForm], places: Mapping[int, int]) -> list[tuple[int, Any]]:
    """The steps that are new, each with what it is the same step by: what it says and the step that
    was there before it. Waits are all alike, so of one counts what stands behind it too."""
    was_at = {there: at for at, there in places.items()}
    found: list[tuple[int, Any]] = []
    for at, one in enumerate(steps):
        if at in was_at:
            continue
        before = next((was_at[earlier] for earlier in reversed(range(at)) if earlier in was_at), -1)
        behind: Any = None
        if isinstance(one, WaitForm) and at + 1 < len(steps):
            behind = was_at[at + 1] if at + 1 in was_at else [data_of(steps[at + 1])]
        found.append((at, (data_of(one), before, behind)))
    return found


def _in_order(places: Mapping[int, int]) -> bool:
    found = [places[at] for at in sorted(places)]
    return found == sorted(found)


def _does(step: StepForm) -> tuple[str, str]:
    """What a step is known by, without an id."""
    match step:
        case MailStepForm():
            return step.kind, step.mail
        case WaitForm():
            return step.kind, step.span
        case TaskForm():
            return step.kind, step.title
        case ExitForm():
            return step.kind, step.reason
        case BranchForm():
            return step.kind, step.condition
        case _:
            return step.kind, str(step.value)


def _matched(base: Sequence[StepForm], other: Sequence[StepForm]) -> dict[int, int]:
    """Position of a step in the one list → where it is in the other."""
    found: dict[int, int] = {}

    def left(steps: Sequence[StepForm], taken: Any) -> Iterator[tuple[int, StepForm]]:
        return ((at, one) for at, one in enumerate(steps) if at not in taken)

    def match(at: int, there: int) -> None:
        if at not in found and there not in found.values():
            found[at] = there

    for at, one in enumerate(base):
        for there, same in enumerate(other):
            if one.id and one.id == same.id:
                match(at, there)
    blocks = SequenceMatcher(None, [*map(_does, base)], [*map(_does, other)], autojunk=False)
    for block in blocks.get_matching_blocks():
        for offset in range(block.size):
            match(block.a + offset, block.b + offset)
    for at, one in list(left(base, found)):
        for there, same in list(left(other, found.values())):
            if _does(one) == _does(same):
                match(at, there)
    for at, one in list(left(base, found)):
        low = max((there for was, there in found.items() if was < at), default=-1)
        high = min((there for was, there in found.items() if was > at), default=len(other))
        for there, same in list(left(other, found.values())):
            if low < there < high and one.kind == same.kind:
                match(at, there)
    return found
