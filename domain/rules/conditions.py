"""Conditions of branches and of scoring rules, written in CEL (Common Expression Language,
https://cel.dev).

A condition that can't be answered is false: an attribute the lead does not have, one that holds
no number where a number is asked for, and any other failure while evaluating make
:meth:`Condition.holds` false, and :meth:`Condition.verdict` says why. As CEL has it, ``a || b`` is
still true when ``a`` can't be answered and ``b`` is true; ``!(lead.attributes.plan == "pro")`` is
false for a lead without ``plan``. ``has(lead.attributes.plan)`` asks whether an attribute is there.

Attributes are text. ``number(lead.attributes.employees) > 50`` reads one as a number, ``yes(…)``
as yes or no, ``date(…)`` as a day (``2027-06-30``), ``daysSince(…)`` and ``daysUntil(…)`` count
from or to that day; ``lead.title.lower()`` overlooks capital letters.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from domain.rules.cel_library import cel
from domain.rules.condition_budget import TooCostly, steps_of
from domain.rules.condition_check import TEXT_LITERAL, attributes_in, dotted, mistakes
from domain.rules.facts import FACTS, SOME_DAY, Facts, FactSet, prepared
from domain.sentences import Sentence, sentence

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
        "number",
        "yes",
        "date",
        "daysSince",
        "daysUntil",
        "lower",
    }
)
"""The functions a condition may call (operators, ``has`` and the list macros come on top)."""

LONGEST_CONDITION = 2000
"""Characters."""

_BOUND_NAME = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")
_FIELD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*\.\s*([A-Za-z_]\w*)")
_NUL = re.compile(r"\0|(?<!\\)(?:\\\\)*\\(?:[xX]00|u0000|U00000000|000)")
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
class ConditionVerdict:
    """Whether a condition holds; ``reason`` says why it could not be answered, else ''."""

    holds: bool
    reason: str = ""


@dataclass(frozen=True)
class Condition:
    """A compiled condition."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)

    def verdict(self, facts: Facts) -> ConditionVerdict:
        """Evaluate against the facts it was compiled for; never raises.

        The reason names facts, never their values.
        """
        answer, reason = self._answer(facts)
        if reason or isinstance(answer, bool):
            return ConditionVerdict(answer is True, reason)
        return ConditionVerdict(False, f"gives {_kind(answer)}, not yes or no")

    def number(self, facts: Facts) -> tuple[float | None, str]:
        """The number that it gives, of one that was compiled as a number; None with a reason where
        there is none."""
        answer, reason = self._answer(facts)
        if reason or (isinstance(answer, int | float) and not isinstance(answer, bool)):
            return (None if reason else float(answer)), reason
        return None, f"gives {_kind(answer)}, not a number"

    def _answer(self, facts: Facts) -> tuple[Any, str]:
        try:
            return facts.answer(self._program), ""
        except KeyError as missing:
            unknown = f"{missing.args[0]!r} is not known of this lead"
            return None, facts.unread or unknown
        except Exception as error:
            problem = f"could not be evaluated ({type(error).__name__})"
            return None, facts.unread or problem

    def holds(self, facts: Facts) -> bool:
        """Whether the condition is true for these facts; False when it can't be answered."""
        return self._answer(facts)[0] is True

    @functools.cached_property
    def only_number_of(self) -> tuple[str, str] | None:
        """The attribute of an expression that is ``number(…)`` of one and nothing else."""
        attributes = list(self.attributes)
        plain = re.fullmatch(r"\s*number\(\s*[\w.]+(?:\[[^\[\]]*\])?\s*\)\s*", self.source)
        return attributes[0] if plain and len(attributes) == 1 else None

    @property
    def attributes(self) -> frozenset[tuple[str, str]]:
        """The attributes it reads, such as ``("lead.attributes", "employees")``."""
        return attributes_in(self.source)

    @property
    def reads(self) -> frozenset[str]:
        """The facts it reads, such as ``lead.country`` and ``lead.attributes.employees``."""
        code = TEXT_LITERAL.sub("", dotted(self.source))
        fields = {f"{owner}.{field}" for owner, field in _FIELD.findall(code)}
        own = {f"{path}.{name}" for path, name in self.attributes}
        return frozenset(own | (fields - {path for path, _ in self.attributes}))

    @property
    def constant(self) -> bool | None:
        """The answer of a condition that reads no fact, None for one that does."""
        return None if self._program.variables() else self.holds(prepared({}, SOME_DAY))


def compile_condition(source: str, facts: FactSet = FACTS) -> Condition:
    """Compile a condition and check the names it uses.

    Raises:
        ConditionError: no valid CEL, a name that is not in ``facts``, a function that is not in
            :data:`FUNCTIONS`, kinds of value that don't go together, an answer that is not yes or
            no or the same for every lead, or more work than ``condition_budget`` allows, which is
            found before anything is parsed or run.
    """
    return _compiled(source, facts, number=False)


def compile_number(source: str, facts: FactSet) -> Condition:
    """Compile an expression whose :meth:`Condition.number` is what it gives.

    Raises:
        ConditionError: as for :func:`compile_condition`.
    """
    return _compiled(source, facts, number=True)


@functools.lru_cache(maxsize=4096)
def _compiled(source: str, facts: FactSet, *, number: bool) -> Condition:
    if len(source) > LONGEST_CONDITION:
        raise ConditionError(
            sentence(
                "this condition is longer than {most} characters. Split it over several",
                most=f"{LONGEST_CONDITION:,}",
            )
        )
    if not source.strip():
        raise ConditionError(
            sentence("the condition is empty. Write one, such as {sample}", sample=facts.sample)
        )
    if nul := _NUL.search(source):
        raise _error_at(source, nul.start(), sentence("no text has a NUL character. Leave it out"))
    try:
        steps_of(source)
    except TooCostly as costly:
        raise _error_at(source, costly.position, costly.message) from None
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise _syntax_error(source, str(error), facts) from None
    # Same length as the source, so that columns stay true.
    code = TEXT_LITERAL.sub(lambda text: " " * len(text[0]), dotted(source))
    _check_names(program, code, facts)
    for mistake in mistakes(source, facts, number=number):
        raise _error_at(source, mistake.position, mistake.message)
    condition = Condition(source, program)
    _check_answer(condition, facts)
    return condition


def checked_condition(facts: FactSet = FACTS, *, number: bool = False) -> AfterValidator:
    """A pydantic validator of text that must be a condition, or give a ``number``; says line and
    column if it does not."""

    def check(value: str) -> str:
        try:
            _compiled(value, facts, number=number)
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
        return ConditionError(sentence("this is no condition in CEL"))
    line, column = int(found[1]), int(found[2])
    lines = source.splitlines() or [""]
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    word = re.match(r"\w+|<>|&&|\|\||=|\S", rest)
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    own = re.search(r"([A-Za-z_]\w*\.[A-Za-z_]\w*)(\s*\.\s*)?$", before)
    key = re.match(r"\w+" if own and own[2] else r"\.(\w+)", rest)
    if own and key:
        name = key[key.lastindex or 0]
        return ConditionError(
            sentence(
                "'{word}' does not fit here. A name that is not of the letters a to z goes in "
                "brackets: {right}",
                word=name,
                right=f'{own[1]}["{name}"]',
            ),
            line,
            column,
        )
    if not word:
        return ConditionError(
            sentence(
                "the condition ends too early. Something is missing after it, such as a value or a "
                "closing bracket"
            ),
            line,
            column,
        )
    if word[0] in _WORD_OPERATORS:
        return ConditionError(
            sentence(
                "'{word}' is no operator here. Write '{right}'",
                word=word[0],
                right=_WORD_OPERATORS[word[0]],
            ),
            line,
            column,
        )
    if rest[0] in "\"'":
        return ConditionError(
            sentence("text does not fit here, or its quotation mark is never closed"), line, column
        )
    return ConditionError(
        sentence(
            "'{word}' does not fit here. Write a condition such as {sample}",
            word=word[0],
            sample=facts.sample,
        ),
        line,
        column,
    )


def _check_names(program: cel.Program, code: str, facts: FactSet) -> None:
    """Refuse names nobody knows. ``code`` is the source with its texts blanked out."""
    bound = set(_BOUND_NAME.findall(code))
    for name in program.variables():
        if name not in facts.names and name not in bound:
            at = _find(rf"(?<![\w.]){re.escape(name)}\b", code)
            advice = _advice(name, facts.names)
            message = sentence("unknown variable '{name}'. {advice}", name=name, advice=advice)
            raise _error_at(code, at, message)
    for name in program.functions():
        if name.isidentifier() and not name.startswith("_") and name not in FUNCTIONS:
            at = _find(rf"\b{re.escape(name)}\s*\(", code)
            advice = _advice(name, FUNCTIONS)
            message = sentence("unknown function '{name}'. {advice}", name=name, advice=advice)
            raise _error_at(code, at, message)
    for use in _FIELD.finditer(code):
        owner, name = use[1], use[2]
        if owner in bound or owner not in facts.names:
            continue
        fields = facts.fields(owner)
        if fields and name not in fields:
            own = facts.open_field(owner)
            advice = _advice(name, fields, f"{owner}.{own}.{name}" if own else "")
            message = sentence(
                "unknown field '{name}' of {owner}. {advice}",
                name=name,
                owner=owner,
                advice=advice,
            )
            raise _error_at(code, use.start(2), message)


def _advice(word: str, known: Collection[str], own: str = "") -> Sentence:
    """What to write instead of a word that nobody knows.

    Args:
        own: how a word of one's own is written, '' where there is none.
    """
    if near := difflib.get_close_matches(word, sorted(known), n=1):
        return sentence("Did you mean '{near}'?", near=near[0])
    if own:
        return sentence("For one of your own write {right}", right=own)
    return sentence("Use one of {known}", known=sorted(known))


def _find(pattern: str, code: str) -> int:
    found = re.search(pattern, code)
    return found.start() if found else 0


def _error_at(code: str, position: int, message: str) -> ConditionError:
    line_start = code.rfind("\n", 0, position) + 1
    return ConditionError(message, code.count("\n", 0, position) + 1, position - line_start + 1)


def _check_answer(condition: Condition, facts: FactSet) -> None:
    """Refuse what fails for a lead that has every field."""
    try:
        prepared(facts.example, SOME_DAY).answer(condition._program)
    except Exception as error:
        # What the lead's values decide (an attribute, a number in a text) is left to the day.
        if "valid regex" in str(error):
            raise ConditionError(
                sentence("the pattern in matches(…) is no regular expression")
            ) from None


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "a value"
