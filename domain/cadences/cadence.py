"""Cadences: what marketing writes, as a model.

A cadence is a list of steps; a branch has two lists of its own, and after either the lead goes on
behind the branch. Nothing leads back, so every cadence ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    Tag,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.entry import NO_RULES, EntryRules
from domain.cadences.triggers import Trigger
from domain.rules.conditions import checked_condition
from domain.time.span import Span, SpanField
from domain.time.window import SendWindow

FALLBACK_LANGUAGE = "en"
"""The language a lead is written to in when a mail lacks the lead's own, and its cadence names
none."""
END = ""
"""Where a lead is after the last step."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REASON = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

ExitEvent = Literal["replied", "booked", "unsubscribed", "bounced", "score_reached"]
EXIT_EVENTS: tuple[ExitEvent, ...] = (
    "replied",
    "booked",
    "unsubscribed",
    "bounced",
    "score_reached",
)
ALWAYS_EXIT: tuple[ExitEvent, ...] = ("booked", "unsubscribed", "bounced")
STEP_KINDS = ("email", "wait", "branch", "task", "exit")


def _checked_name(pattern: re.Pattern[str], advice: str) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > 60 or not pattern.fullmatch(value):
            raise PydanticCustomError(
                "name", "'{value}' can't be a name. {advice}", {"value": value, "advice": advice}
            )
        return value

    return AfterValidator(check)


def _checked_text(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("text", "there is no text here. Write some", {})
    return value


Name = Annotated[
    str,
    _checked_name(_NAME, "Use lower-case letters, digits and dashes, such as welcome-2"),
    kind("name", "Lower-case letters, digits and dashes, at most 60.", "welcome-2"),
]
Reason = Annotated[
    str,
    _checked_name(_REASON, "Use lower-case letters, digits, dashes and underscores"),
    kind("reason", "Lower-case letters, digits, dashes and underscores, at most 60.", "too_early"),
]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True
    )


StepId = Annotated[
    Name,
    Field(
        description="What the step is known by, once in the cadence; when nothing is said, it is "
        "made of what the step does."
    ),
]


class EmailStep(_Model):
    """Send the e-mail of a template, inside the send window."""

    email: Name
    """The template, as in ``templates/<name>.<language>.mjml``."""
    again: bool = False
    """Whether it also goes to leads that were sent the template in an earlier cycle."""
    id: StepId = ""


class WaitStep(_Model):
    """Let time pass."""

    wait: SpanField
    """How long."""
    id: StepId = ""


class TaskDetails(_Model):
    """Work for a person."""

    title: Annotated[str, AfterValidator(_checked_text)]
    """What people read in their list."""
    kind: Literal["call", "email", "research", "other"] = "other"
    """What sort of work it is."""
    instructions: str = ""
    """What is to be done."""
    due: SpanField = Span(1, "day")
    """How soon after the task is opened."""


class TaskStep(_Model):
    """Give a person work; the cadence goes on when it is done."""

    task: TaskDetails
    """The work."""
    id: StepId = ""


class ExitStep(_Model):
    """End the enrollment, for a reason that the recycle policy may know."""

    exit: Reason
    """The reason."""
    id: StepId = ""


class Branch(_Model):
    """Two ways on. Either rejoins behind the branch."""

    condition: Annotated[str, checked_condition()] = Field(alias="if")
    """A condition over ``lead.*``, ``score``, ``fit``, ``interest``, ``cycle``, ``reason`` and
    ``engagement.*``."""
    then: tuple[Step, ...] = Field(min_length=1)
    """The steps of leads for which it holds."""
    otherwise: tuple[Step, ...] = Field(default=(), alias="else")
    """The steps of all others."""


class BranchStep(_Model):
    """Go one of two ways, by a condition."""

    branch: Branch
    """Condition and ways."""
    id: StepId = ""


def _step_kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((kind for kind in STEP_KINDS if kind in value), None)
    return next((kind for kind in STEP_KINDS if hasattr(value, kind)), None)


def _checked_step(value: Any) -> Any:
    """Say clearly what is wrong with something that is no step at all."""
    known = "email, wait, branch, task or exit"
    if isinstance(value, BaseModel):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError(
            "step",
            "'{value}' is no step. Write one of {known} with a value, such as '- wait: 3 days'",
            {"value": str(value)[:60], "known": known},
        )
    kinds = [kind for kind in STEP_KINDS if kind in value]
    if len(kinds) > 1:
        raise PydanticCustomError(
            "step",
            "this step is {first} and {second} at once. Begin the second with '- ' on a line "
            "of its own",
            {"first": kinds[0], "second": kinds[1]},
        )
    if not kinds:
        word = next((str(key) for key in value if key != "id"), "")
        raise PydanticCustomError(
            "step",
            "unknown step '{word}'.{advice}",
            {"word": word, "advice": did_you_mean(word, STEP_KINDS)},
        )
    return value


Step = Annotated[
    Annotated[EmailStep, Tag("email")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[ExitStep, Tag("exit")],
    Discriminator(_step_kind),
    BeforeValidator(_checked_step),
]
Branch.model_rebuild()
BranchStep.model_rebuild()


class Cadence(_Model):
    """What happens to a lead, step by step, from the first mail to the last.

    Every step has an id that is unique within the cadence, and stays the same as long as the step's
    content and the steps before it that are like it do.
    """

    name: Name = Field(alias="cadence")
    """Its name, by which policies and people start it."""
    title: str = Field(default="", max_length=80)
    """What people read in its place; it may change at any time, the name stays."""
    description: str = ""
    """For people."""
    topic: Name = "nurture"
    """The topic of the preference page (consent.yaml) by which leads refuse this kind of mail."""
    window: SendWindow = SendWindow()
    """When its mails may go."""
    entry: EntryRules | None = None
    """Who may enter it, and how fast; when nothing is said, whoever may get its mail and is in no
    other cadence."""
    enter_when: tuple[Trigger, ...] = Field(default=(), max_length=20)
    """What has leads enter it by themselves; any one of these does. All keep to ``entry``."""
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2,3}$")], ...] = ()
    """The languages that it is written in; whoever speaks none of them is written to in the first.
    When nothing is said: all languages of its mails, and English for everybody else."""
    exit_on: tuple[ExitEvent, ...] = EXIT_EVENTS
    """What ends the enrollment at once, whichever step the lead is at; ``booked``,
    ``unsubscribed`` and ``bounced`` do so in any case."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """What happens, from top to bottom."""

    _steps: dict[str, Step] = PrivateAttr(default_factory=dict)
    _successors: dict[str, str] = PrivateAttr(default_factory=dict)
    _touches: dict[str, int] = PrivateAttr(default_factory=dict)

    @field_validator("languages")
    @classmethod
    def _once_each(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        for at, one in enumerate(languages):
            if one in languages[:at]:
                raise PydanticCustomError(
                    "duplicate_language", "'{one}' is there twice. Delete one", {"one": one}
                )
        return languages

    @field_validator("steps")
    @classmethod
    def _give_ids(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        taken: set[str] = set()
        for path, step in walk(steps, ()):
            if step.id and step.id in taken:
                raise PydanticCustomError(
                    "duplicate_id",
                    "the id '{id}' is already that of an earlier step. Choose another",
                    {"id": step.id, "path": (*path, "id")},
                )
            taken.add(step.id)
        return _with_ids(steps, taken)

    def model_post_init(self, _context: Any) -> None:
        """Index the steps."""
        self._index(self.steps, END)
        touches = 0
        for _, step in walk(self.steps, ()):
            touches += isinstance(step, (EmailStep, TaskStep))
            self._touches[step.id] = touches

    def _index(self, steps: tuple[Step, ...], after: str) -> None:
        for position, step in enumerate(steps):
            following = steps[position + 1].id if position + 1 < len(steps) else after
            self._steps[step.id] = step
            self._successors[step.id] = END if isinstance(step, ExitStep) else following
            if isinstance(step, BranchStep):
                self._index(step.branch.then, following)
                self._index(step.branch.otherwise, following)

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is not said is left out: versions that were published before are as they were."""
        kept: dict[str, Any] = dump(self)
        if self.entry is None:
            del kept["entry"]
        if not self.enter_when:
            del kept["enter_when"]
        if not self.languages:
            del kept["languages"]
        if not self.title:
            del kept["title"]
        return kept

    @property
    def entry_rules(self) -> EntryRules:
        """Who may enter it, and how fast."""
        return self.entry or NO_RULES

    @property
    def fallback_language(self) -> str:
        """The language of mails to leads who speak none that there is."""
        return self.languages[0] if self.languages else FALLBACK_LANGUAGE

    @property
    def first(self) -> str:
        """Id of the first step."""
        return self.steps[0].id

    @property
    def step_count(self) -> int:
        """Number of steps, those of both arms of every branch included."""
        return len(self._steps)

    def step(self, step_id: str) -> Step:
        """The step with this id.

        Raises:
            KeyError: there is none.
        """
        return self._steps[step_id]

    def successor(self, step_id: str) -> str:
        """Id of the step after this one (after a branch: where its arms rejoin), or ``END``.

        Raises:
            KeyError: there is no step with this id.
        """
        return self._successors[step_id]

    def touch_number(self, step_id: str) -> int:
        """How many e-mails and tasks the cadence lists up to and including this step.

        Raises:
            KeyError: there is no step with this id.
        """
        return self._touches[step_id]

    def templates(self) -> list[str]:
        """Names of the templates used, each once, in order of use."""
        return list(
            dict.fromkeys(
                step.email for _, step in walk(self.steps, ()) if isinstance(step, EmailStep)
            )
        )

    def length(self) -> timedelta:
        """The waits of the longest way through, business days on average."""
        return _length(self.steps)[0]


def walk(
    steps: tuple[Step, ...], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Step]]:
    """Every step in reading order with its path in the YAML, beginning from ``path``."""
    for position, step in enumerate(steps):
        here = (*path, position)
        yield here, step
        if isinstance(step, BranchStep):
            yield from walk(step.branch.then, (*here, "branch", "then"))
            yield from walk(step.branch.otherwise, (*here, "branch", "else"))


def _with_ids(steps: tuple[Step, ...], taken: set[str]) -> tuple[Step, ...]:
    named: list[Step] = []
    for step in steps:
        step_id = step.id or _free(_id_of(step), taken)
        taken.add(step_id)
        if isinstance(step, BranchStep):
            branch = step.branch
            arms = {
                "then": _with_ids(branch.then, taken),
                "otherwise": _with_ids(branch.otherwise, taken),
            }
            named.append(
                step.model_copy(update={"id": step_id, "branch": branch.model_copy(update=arms)})
            )
        else:
            named.append(step.model_copy(update={"id": step_id}))
    return tuple(named)


def _id_of(step: Step) -> str:
    match step:
        case EmailStep():
            return f"email-{step.email}"
        case WaitStep():
            return "wait-" + str(step.wait).replace(" ", "-")
        case TaskStep():
            words = re.findall(r"[a-z0-9]+", step.task.title.lower())
            return "-".join(["task", *words])[:40].rstrip("-")
        case ExitStep():
            return f"exit-{step.exit.replace('_', '-')}"
        case BranchStep():
            words = re.findall(r"[a-z0-9]+", step.branch.condition.lower())
            return "-".join(["branch", *words])[:40].rstrip("-")


def _free(wanted: str, taken: set[str]) -> str:
    number, candidate = 1, wanted
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _length(steps: tuple[Step, ...]) -> tuple[timedelta, bool]:
    """Length of the longest way through, and whether any way comes out at the end."""
    total, ended = timedelta(), timedelta()
    for step in steps:
        match step:
            case WaitStep():
                total += step.wait.length
            case ExitStep():
                return max(total, ended), False
            case BranchStep():
                arms = [_length(step.branch.then), _length(step.branch.otherwise)]
                ended = max([ended, *(total + span for span, comes_out in arms if not comes_out)])
                rejoining = [span for span, comes_out in arms if comes_out]
                if not rejoining:
                    return max(total, ended), False
                total += max(rejoining)
            case _:
                pass
    return max(total, ended), True
