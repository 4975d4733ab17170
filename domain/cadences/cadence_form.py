"""A cadence as a form: what people see and change of its file, and the file with what they changed.

It is made of the plain data of the file, mistakes and all, so that what is being written can be
shown before it is right. What the form has no field for is kept as it is written.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias, TypeVar

from domain.authoring.yaml_rows import PlacedRow
from domain.authoring.yaml_source import Path
from domain.cadences.cadence import EXIT_EVENTS
from domain.time.window import SendWindow

S = TypeVar("S", bound="_StepForm")
_STEPS = "steps"
_ARMS = ("then", "else")


@dataclass(kw_only=True)
class _StepForm:
    """What all steps share: ``was`` is where the step stands in the file, None for a new one, and
    ``written`` what it says there."""

    kind: ClassVar[str]
    id: str = ""
    was: Path | None = None
    written: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class MailStepForm(_StepForm):
    """A mail; ``again`` for leads too that had it in an earlier cycle."""

    kind = "email"
    mail: str = ""
    again: bool = False


@dataclass(kw_only=True)
class WaitForm(_StepForm):
    """A wait, as it is written: ``3 business days``."""

    kind = "wait"
    span: str = "3 business days"


@dataclass(kw_only=True)
class TaskForm(_StepForm):
    """Work for a person; ``due`` is a span of time."""

    kind = "task"
    title: str = ""
    task_kind: str = "other"
    instructions: str = ""
    due: str = "1 day"


@dataclass(kw_only=True)
class ExitForm(_StepForm):
    """The end, for a reason."""

    kind = "exit"
    reason: str = ""


@dataclass(kw_only=True)
class BranchForm(_StepForm):
    """Two ways, by a condition in CEL."""

    kind = "branch"
    condition: str = ""
    then: list[StepForm] = field(default_factory=list)
    otherwise: list[StepForm] = field(default_factory=list)


@dataclass(kw_only=True)
class TextForm(_StepForm):
    """A step that the form has no fields for; ``value`` is all that is written there."""

    kind = "text"
    value: Any = None


StepForm: TypeAlias = MailStepForm | WaitForm | TaskForm | ExitForm | BranchForm | TextForm


@dataclass
class WindowForm:
    """The send window; times are written ``09:00``."""

    days: list[str] = field(default_factory=lambda: list(SendWindow().days))
    begins: str = "09:00"
    ends: str = "17:00"
    skip_holidays: bool = True


@dataclass
class CadenceForm:
    """What the form shows of a cadence. ``window`` is None where the file has one that the form
    can't show; ``others`` are keys that it has no field for."""

    name: str = ""
    description: str = ""
    topic: str = "nurture"
    window: WindowForm | None = field(default_factory=WindowForm)
    exit_on: list[str] = field(default_factory=lambda: list(EXIT_EVENTS))
    steps: list[StepForm] = field(default_factory=list)
    others: Mapping[str, Any] = field(default_factory=dict)


def form_of(data: Any) -> CadenceForm | None:
    """A cadence as the form shows it; None for what is no cadence at all, or whose ``steps`` are no
    list.

    Args:
        data: the plain data of the file, as :func:`domain.authoring.yaml_source.read` gives it.
    """
    steps = data.get(_STEPS) if isinstance(data, dict) else None
    if not isinstance(steps, list):
        return None
    plain = CadenceForm()
    exits = data.get("exit_on", plain.exit_on)
    return CadenceForm(
        name=_text(data.get("cadence")),
        description=_text(data.get("description")),
        topic=_text(data.get("topic", plain.topic)),
        window=_window(data.get("window", {})),
        exit_on=[_text(one) for one in exits] if isinstance(exits, list) else plain.exit_on,
        steps=_steps(steps, (_STEPS,)),
        others={key: value for key, value in data.items() if key not in _KNOWN},
    )


def with_form(data: Mapping[str, Any], form: CadenceForm) -> dict[str, Any]:
    """The plain data of the file with what the form says, for
    :func:`domain.authoring.yaml_edit.merged`; what the form does not change stays as it is.

    Args:
        data: what the form was made of; it is not changed.
    """
    made = copy.deepcopy(dict(data))
    before = form_of(data) or CadenceForm()
    for key, name in (("cadence", "name"), ("description", "description"), ("topic", "topic")):
        _set(made, key, getattr(before, name), getattr(form, name))
    _set(made, "exit_on", before.exit_on, form.exit_on)
    if not form.description:
        made.pop("description", None)
    if form.window is not None and form.window != before.window:
        window = dict(made.get("window") or {})
        was = before.window or WindowForm()
        for key, name in _WINDOW.items():
            _set(window, key, getattr(was, name), getattr(form.window, name))
        made["window"] = window
    made[_STEPS] = [data_of(one) for one in form.steps]
    return made


def copied(step: StepForm) -> StepForm:
    """A new step that does the same; ids are its own."""
    made = copy.deepcopy(step)
    for one in each_step([made]):
        one.was, one.id = None, ""
        one.written = {key: value for key, value in one.written.items() if key != "id"}
        if isinstance(one, TextForm) and isinstance(one.value, dict):
            one.value = one.written
    return made


def each_step(steps: Sequence[StepForm]) -> list[StepForm]:
    """All steps in the order in which they are read."""
    found: list[StepForm] = []
    for one in steps:
        found.append(one)
        if isinstance(one, BranchForm):
            found += [*each_step(one.then), *each_step(one.otherwise)]
    return found


def unknown_of(step: StepForm) -> dict[str, Any]:
    """What is written in a step and has no field."""
    if isinstance(step, TextForm):
        return {}
    found = {key: value for key, value in step.written.items() if key not in _KEYS[step.kind]}
    inside = step.written.get(step.kind)
    if isinstance(inside, dict):
        found |= {key: value for key, value in inside.items() if key not in _INSIDE[step.kind]}
    return found


_KNOWN = {"cadence", "description", "topic", "window", "exit_on", _STEPS}
_WINDOW = {"days": "days", "from": "begins", "to": "ends", "skip_holidays": "skip_holidays"}
_KEYS = {
    "email": {"email", "again", "id"},
    "wait": {"wait", "id"},
    "task": {"task", "id"},
    "branch": {"branch", "id"},
    "exit": {"exit", "id"},
}
_INSIDE: dict[str, set[str]] = {
    "task": {"title", "kind", "instructions", "due"},
    "branch": {"if", *_ARMS},
}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _window(value: Any) -> WindowForm | None:
    if not isinstance(value, dict):
        return None
    plain = WindowForm()
    days, holidays = value.get("days", plain.days), value.get("skip_holidays", True)
    if not isinstance(days, list) or not isinstance(holidays, bool):
        return None
    return WindowForm(
        days=[_text(one) for one in days],
        begins=_text(value.get("from", plain.begins)),
        ends=_text(value.get("to", plain.ends)),
        skip_holidays=holidays,
    )


def _steps(values: Any, path: Path) -> list[StepForm]:
    return [_step(one, (*path, at)) for at, one in enumerate(values or ())]


def _step(value: Any, was: Path) -> StepForm:
    """A step; as text if it is none, or two at once, or a field can't hold what is written."""
    as_text = TextForm(was=was, written=value if isinstance(value, dict) else {}, value=value)
    kinds = [kind for kind in _KEYS if kind in value] if isinstance(value, dict) else []
    if len(kinds) != 1 or not isinstance(value.get("id", ""), str):
        return as_text
    inside = value[kinds[0]]
    common: dict[str, Any] = {"id": value.get("id", ""), "was": was, "written": value}
    match kinds[0]:
        case "email" if _is_text(inside) and isinstance(value.get("again", False), bool):
            return MailStepForm(mail=_text(inside), again=value.get("again", False), **common)
        case "wait" if _is_text(inside):
            return WaitForm(span=_text(inside), **common)
        case "exit" if _is_text(inside):
            return ExitForm(reason=_text(inside), **common)
        case "task" if isinstance(inside, dict) and all(
            _is_text(inside.get(key)) for key in _INSIDE["task"]
        ):
            known: dict[str, Any] = {
                name: _text(inside[key])
                for key, name in _TASK.items()
                if inside.get(key) is not None
            }
            return TaskForm(**known, **common)
        case "branch" if isinstance(inside, dict) and _is_text(inside.get("if")):
            arms = [inside.get(arm) for arm in _ARMS]
            if all(arm is None or isinstance(arm, list) for arm in arms):
                then, otherwise = (
                    _steps(arm, (*was, "branch", name))
                    for arm, name in zip(arms, _ARMS, strict=True)
                )
                condition = _text(inside.get("if"))
                return BranchForm(condition=condition, then=then, otherwise=otherwise, **common)
    return as_text


_TASK = {"title": "title", "kind": "task_kind", "instructions": "instructions", "due": "due"}


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _set(row: dict[str, Any], key: str, before: Any, after: Any) -> None:
    if before != after:
        row[key] = after


def _set_or_drop(row: dict[str, Any], key: str, before: Any, after: Any) -> None:
    _set(row, key, before, after)
    if before and not after:
        row.pop(key, None)


def data_of(step: StepForm) -> Any:
    """A step as its file has it: what is changed is written, the rest stays. It compares as plain
    data."""
    if isinstance(step, TextForm):
        return PlacedRow(step.value, step.was) if isinstance(step.value, dict) else step.value
    row = copy.deepcopy(dict(step.written))
    match step:
        case MailStepForm():
            _set(row, "email", _before(step).mail, step.mail)
            _set_or_drop(row, "again", _before(step).again, step.again)
        case WaitForm():
            _set(row, "wait", _before(step).span, step.span)
        case ExitForm():
            _set(row, "exit", _before(step).reason, step.reason)
        case TaskForm():
            row["task"] = _written_task(step, row.get("task") or {})
        case BranchForm():
            row["branch"] = _written_branch(step, row.get("branch") or {})
    _set_or_drop(row, "id", _before(step).id, step.id)
    if not step.written:
        row.setdefault(step.kind, "")
    return PlacedRow(row, step.was)


def _before(step: S) -> S:
    """The step as it is written in its file; a new one says nothing yet."""
    made = _step(step.written, ()) if step.written else _NOTHING[step.kind]
    if not isinstance(made, type(step)):
        raise TypeError(f"A step of another kind was written: {step.written}")
    return made


def _written_branch(step: BranchForm, inside: Mapping[str, Any]) -> dict[str, Any]:
    made, was = dict(inside), _before(step)
    _set(made, "if", was.condition, step.condition)
    for arm, steps in zip(_ARMS, (step.then, step.otherwise), strict=True):
        if steps or made.get(arm):
            made[arm] = [data_of(one) for one in steps]
    made.setdefault("then", [])
    if not step.written:
        made.setdefault("if", step.condition)
    if not step.otherwise and was.otherwise:
        del made["else"]
    return made


def _written_task(step: TaskForm, inside: Mapping[str, Any]) -> dict[str, Any]:
    made, was, plain = dict(inside), _before(step), TaskForm()
    for key, name in _TASK.items():
        value = getattr(step, name)
        if value != getattr(was, name):
            made[key] = value
            if value == getattr(plain, name) and key != "title":
                del made[key]
    if not step.written:
        made.setdefault("title", step.title)
    return made


_NOTHING: dict[str, StepForm] = {
    "email": MailStepForm(),
    "wait": WaitForm(span=""),
    "task": TaskForm(),
    "exit": ExitForm(),
    "branch": BranchForm(),
}
