"""Conditions of branches and of scoring rules, written in CEL (Common Expression Language,
https://cel.dev).

A condition that can't be answered is false: an attribute the lead does not have, a comparison of
text with a number and any other failure while evaluating make :meth:`Condition.holds` false, and
:meth:`Condition.verdict` says why. As CEL has it, ``a || b`` is still true when ``a`` can't be
answered and ``b`` is true; ``!(lead.attributes.plan == "pro")`` is false for a lead without
``plan``. ``has(lead.attributes.plan)`` asks whether an attribute is there. Imported attributes
are text: compare numbers with ``int(lead.attributes.employees) > 50``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cel
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain.cadences.condition_budget import TooCostly, bounded, steps_of
from domain.cadences.yaml_messages import did_you_mean


@dataclass(frozen=True, eq=False)
class FactSet:
    """What the conditions of one kind may read.

    ``example`` has every fact with its fields and values of the right kind; a field that holds
    an empty map takes any name. ``sample`` is a condition to show to who wrote a wrong one.
    """

    example: Mapping[str, Any]
    sample: str

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.example)

    def fields(self, owner: str) -> frozenset[str]:
        """The fields of a fact, none for a plain value."""
        value = self.example[owner]
        return frozenset(value) if isinstance(value, Mapping) else frozenset()

    def open_field(self, owner: str) -> str:
        """The field of a fact that takes any name, '' for none."""
        fields = self.example[owner]
        return next((name for name in fields if fields[name] == {}), "")


LEAD_FACTS: Mapping[str, Any] = {
    "first_name": "",
    "last_name": "",
    "title": "",
    "company": "",
    "country": "",
    "language": "",
    "source": "",
    "attributes": {},
    "stage": "",
}
"""The fields of a lead: text, save ``attributes``, a map."""

FACTS = FactSet(
    {
        "lead": LEAD_FACTS,
        "engagement": dict.fromkeys(("opens", "clicks", "replies", "forms", "pages", "events"), 0),
        "score": 0,
        "fit": "",
        "interest": 4,
        "cycle": 1,
        "reason": "",
    },
    sample='engagement.clicks > 0 && lead.country == "KR"',
)
"""What the branches of a cadence read. ``score`` (points), ``interest`` (1 to 4) and ``cycle``
are whole numbers, ``fit`` is a letter, ``reason`` is the recycle reason or '', engagement counts
are whole numbers."""

FUNCTIONS = frozenset(
    {
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "int",
        "double",
        "string",
        "bool",
    }
)
"""The functions a condition may call (operators, ``has`` and the list macros come on top)."""

LONGEST_CONDITION = 2000
"""Characters."""

_BEYOND_INTEGERS = 2**63
_TEXT_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'")
_BOUND_NAME = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")
_FIELD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*\.\s*([A-Za-z_]\w*)")
_CEL_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_WORD_OPERATORS = {"and": "&&", "or": "||", "not": "!", "=": "==", "<>": "!="}


class ConditionError(ValueError):
    """A condition that can't be used. ``line`` and ``column`` count from 1 within its text."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Verdict:
    """Whether a condition holds; ``reason`` says why it could not be answered, else ''."""

    holds: bool
    reason: str = ""


@dataclass(frozen=True)
class Condition:
    """A compiled condition."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)

    def verdict(self, facts: Mapping[str, Any] | cel.Context) -> Verdict:
        """Evaluate against the facts it was compiled for; never raises.

        The reason names attributes, never their values.
        """
        try:
            answer = self._program.execute(
                facts if isinstance(facts, cel.Context) else prepared(facts)
            )
        except KeyError as missing:
            return Verdict(False, f"{missing.args[0]!r} is not known of this lead")
        except Exception as error:
            return Verdict(False, f"could not be evaluated ({type(error).__name__})")
        if isinstance(answer, bool):
            return Verdict(answer)
        return Verdict(False, f"gives {_kind(answer)}, not yes or no")

    def holds(self, facts: Mapping[str, Any] | cel.Context) -> bool:
        """Whether the condition is true for these facts; False when it can't be answered."""
        return self.verdict(facts).holds

    @property
    def constant(self) -> bool | None:
        """The answer of a condition that reads no fact, None for one that does."""
        return None if self._program.variables() else self.holds({})


def prepared(facts: Mapping[str, Any]) -> cel.Context:
    """Facts made ready once for many conditions: making them ready is most of the cost of one.

    What CEL has no value for, such as a whole number beyond 64 bits, is made text. Of what is
    very large the beginning counts (``condition_budget.bounded``).
    """
    seen = bounded(facts)
    try:
        return cel.Context(seen)
    except ValueError:
        return cel.Context({name: _plain(value) for name, value in seen.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < _BEYOND_INTEGERS:
        return value
    # A lone surrogate has no UTF-8.
    return str(value).encode(errors="replace").decode()


@functools.lru_cache(maxsize=4096)
def compile_condition(source: str, facts: FactSet = FACTS) -> Condition:
    """Compile a condition and check the names it uses.

    Raises:
        ConditionError: no valid CEL, a name that is not in ``facts``, a function that is not in
            :data:`FUNCTIONS`, an answer that is not yes or no, or more work than
            ``condition_budget`` allows, which is found before anything is parsed or run.
    """
    if len(source) > LONGEST_CONDITION:
        raise ConditionError(
            f"this condition is longer than {LONGEST_CONDITION:,} characters. Split it over several"
        )
    if not source.strip():
        raise ConditionError(f"the condition is empty. Write one, such as {facts.sample}")
    try:
        steps_of(source)
    except TooCostly as costly:
        raise _error_at(source, costly.position, costly.message) from None
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise _syntax_error(source, str(error), facts) from None
    # Same length as the source, so that columns stay true.
    code = _TEXT_LITERAL.sub(lambda text: " " * len(text[0]), source)
    _check_names(program, code, facts)
    condition = Condition(source, program)
    _check_answer(condition, facts)
    return condition


def checked_condition(facts: FactSet = FACTS) -> AfterValidator:
    """A pydantic validator of text that must be a condition; says line and column if it is not."""

    def check(value: str) -> str:
        try:
            compile_condition(value, facts)
        except ConditionError as error:
            raise PydanticCustomError(
                "condition",
                "{message}",
                {"message": error.message, "line": error.line, "column": error.column},
            ) from None
        return value

    return AfterValidator(check)


def _syntax_error(source: str, message: str, facts: FactSet) -> ConditionError:
    found = _CEL_ERROR.search(message)
    if not found:
        return ConditionError("this is no condition in CEL")
    line, column = int(found[1]), int(found[2])
    lines = source.splitlines() or [""]
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    word = re.match(r"\w+|<>|&&|\|\||=|\S", rest)
    if not word:
        return ConditionError(
            "the condition ends too early. Something is missing after it, such as a value or "
            "a closing bracket",
            line,
            column,
        )
    if word[0] in _WORD_OPERATORS:
        return ConditionError(
            f"{word[0]!r} is no operator here. Write {_WORD_OPERATORS[word[0]]!r}", line, column
        )
    if rest[0] in "\"'":
        return ConditionError(
            "text does not fit here, or its quotation mark is never closed", line, column
        )
    return ConditionError(
        f"{word[0]!r} does not fit here. Write a condition such as {facts.sample}",
        line,
        column,
    )


def _check_names(program: cel.Program, code: str, facts: FactSet) -> None:
    """Refuse names nobody knows. ``code`` is the source with its texts blanked out."""
    bound = set(_BOUND_NAME.findall(code))
    for name in program.variables():
        if name not in facts.names and name not in bound:
            at = _find(rf"(?<![\w.]){re.escape(name)}\b", code)
            advice = did_you_mean(name, facts.names)
            raise _error_at(code, at, f"unknown variable '{name}'.{advice}")
    for name in program.functions():
        if name.isidentifier() and not name.startswith("_") and name not in FUNCTIONS:
            at = _find(rf"\b{re.escape(name)}\s*\(", code)
            raise _error_at(code, at, f"unknown function '{name}'.{did_you_mean(name, FUNCTIONS)}")
    for use in _FIELD.finditer(code):
        owner, name = use[1], use[2]
        if owner in bound or owner not in facts.names:
            continue
        fields = facts.fields(owner)
        if fields and name not in fields:
            advice = did_you_mean(name, fields)
            own = facts.open_field(owner)
            if own and "Did you mean" not in advice:
                advice = f" For one of your own write {owner}.{own}.{name}"
            message = f"unknown field '{name}' of {owner}.{advice}"
            raise _error_at(code, use.start(2), message)


def _find(pattern: str, code: str) -> int:
    found = re.search(pattern, code)
    return found.start() if found else 0


def _error_at(code: str, position: int, message: str) -> ConditionError:
    line_start = code.rfind("\n", 0, position) + 1
    return ConditionError(message, code.count("\n", 0, position) + 1, position - line_start + 1)


def _check_answer(condition: Condition, facts: FactSet) -> None:
    """Refuse what fails or gives no yes or no for a lead that has every field."""
    try:
        answer = condition._program.execute(dict(facts.example))
    except TypeError:
        raise ConditionError(
            "this compares or joins different kinds of value. Text goes in quotation marks, "
            "numbers without; int(…) and string(…) turn one into the other"
        ) from None
    except Exception as error:
        # What the lead's values decide (an attribute, a number in a text) is left to the day.
        if "valid regex" in str(error):
            raise ConditionError("the pattern in matches(…) is no regular expression") from None
        return
    if not isinstance(answer, bool):
        raise ConditionError(
            f"this gives {_kind(answer)}, not yes or no. Compare it, such as {facts.sample}"
        )


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "a value"
