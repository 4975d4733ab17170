"""Reading YAML 1.2 so that every mistake can be pointed at by line and column.

:func:`validate` is what most callers need; :func:`read` gives the plain data with the place of
every value, for checks that no model can express.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from domain.authoring import yaml_messages

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]
"""Where a value is: mapping keys and list positions from the top."""

_MOST_VALUES = 20_000
_MOST_EVENTS = 12_000
_DEEPEST = 50
LONGEST_YAML = 200_000
"""Characters of a YAML file."""
_TAG = "tag:yaml.org,2002:"
_SIMPLE_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


@dataclass(frozen=True, order=True)
class SourceProblem:
    """One mistake in a file that a person wrote. Line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class _Place:
    line: int
    column: int
    node: Node


@dataclass
class YamlSource:
    """A YAML file as plain data (None when it could not be read) and where each value stands."""

    file: str
    text: str
    data: Any = None
    problems: list[SourceProblem] = field(default_factory=list)
    _values: dict[Path, _Place] = field(default_factory=dict)
    _keys: dict[Path, _Place] = field(default_factory=dict)

    def problem(self, path: Path, message: str, at_key: bool = False) -> SourceProblem:
        """A problem at the value of ``path`` (or at its key), or at its nearest parent."""
        places = self._keys if at_key and path in self._keys else self._values
        while path and path not in places:
            path = path[:-1]
            places = self._values
        place = places.get(path)
        return SourceProblem(
            self.file, place.line if place else 1, place.column if place else 1, message
        )

    def problem_inside(self, path: Path, line: int, column: int, message: str) -> SourceProblem:
        """A problem at a line and column (from 1) within the text at ``path``.

        Text that YAML folds over several lines is pointed at by its beginning.
        """
        start = self.problem(path, message)
        place = self._values.get(path)
        if place is None or not isinstance(place.node, ScalarNode):
            return start
        node = place.node
        lines = self.text.splitlines()
        if node.style == "|":
            body = place.line + line
            if body > len(lines):
                return start
            first = next((row for row in lines[place.line : body] if row.strip()), "")
            indent = len(first) - len(first.lstrip(" "))
            return SourceProblem(self.file, body, indent + column, message)
        if node.style == ">" or node.end_mark.line != node.start_mark.line or line != 1:
            return start
        raw = lines[place.line - 1][place.column - 1 :]
        return SourceProblem(
            self.file, place.line, place.column + _written_length(raw, column - 1), message
        )

    def path_at(self, line: int, column: int) -> Path:
        """The value that a place (from 1) is in, or that begins last before it."""
        places = [*self._values.items(), *self._keys.items()]
        before = [
            (place.line, place.column, len(path), path)
            for path, place in places
            if (place.line, place.column) <= (line, column)
        ]
        return max(before, key=lambda one: one[:3])[-1] if before else ()


def _written_length(raw: str, characters: int) -> int:
    """How many columns the first ``characters`` of a one-line scalar take as written."""
    quote = raw[:1]
    if quote not in ("'", '"'):
        return characters
    position = 1
    for _ in range(characters):
        if quote == "'" and raw[position : position + 2] == "''":
            position += 2
        elif quote == '"' and raw[position : position + 1] == "\\":
            position += _SIMPLE_ESCAPE_LENGTHS.get(raw[position + 1 : position + 2], 2)
        else:
            position += 1
    return position


def read(text: str, file: str) -> YamlSource:
    """Read one YAML document; whatever is wrong with it ends up in ``problems``. The data is
    shared by all who read the same text: it is not to be changed."""
    source = _read(text)
    return replace(source, file=file, problems=[replace(one, file=file) for one in source.problems])


# An editor has the same dozen files read again after each pause in typing.
@functools.lru_cache(maxsize=64)
def _read(text: str) -> YamlSource:
    source = YamlSource("", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            if too_large := _too_large(text):
                source.problems.append(too_large)
                return source
            node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        source.problems.append(_syntax_problem("", error))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        source.problems.append(
            SourceProblem("", line, column, "this character is not allowed in YAML. Delete it")
        )
    except RecursionError:
        source.problems.append(SourceProblem("", 1, 1, "the file is nested too deeply"))
    except Exception:
        # Malformed escapes and directives leave ruamel's scanner as whatever they broke in it:
        # OverflowError, ValueError, AttributeError and more have been seen.
        source.problems.append(SourceProblem("", 1, 1, "this is no YAML that can be read"))
    else:
        if node is None:
            source.problems.append(SourceProblem("", 1, 1, "the file is empty"))
        else:
            _Plain(source).build(node)
    return source


def _too_large(text: str) -> SourceProblem | None:
    """What makes a file too large to be read in a moment. Looks at the brackets first, because
    the scanner looks back over all that are open, then at one event after the other."""
    if len(text) > LONGEST_YAML:
        return SourceProblem(
            "", 1, 1, f"the file is longer than {LONGEST_YAML:,} characters. Split it"
        )
    open_brackets = 0
    for found in re.finditer(r"[\[\]{}]", text):
        open_brackets = max(0, open_brackets + (1 if found[0] in "[{" else -1))
        if open_brackets > _DEEPEST:
            return _at(text, found.start(), "the file is nested too deeply")
    depth = 0
    for number, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST or number > _MOST_EVENTS:
            what = "is nested too deeply" if depth > _DEEPEST else "holds too many values. Split it"
            mark = event.start_mark
            return SourceProblem("", mark.line + 1, mark.column + 1, f"the file {what}")
    return None


def _at(text: str, position: int, message: str) -> SourceProblem:
    line_start = text.rfind("\n", 0, position) + 1
    return SourceProblem("", text.count("\n", 0, position) + 1, position - line_start + 1, message)


def _syntax_problem(file: str, error: MarkedYAMLError) -> SourceProblem:
    mark = error.problem_mark or error.context_mark
    what = str(error.problem or error.context or "this is no YAML").strip()
    if "\\t" in what or "'\t'" in what:
        what = "YAML does not allow tabs here. Indent with spaces"
    elif "mapping values are not allowed" in what:
        what = (
            "a colon does not fit here. Check the indentation, or put the text in quotation marks"
        )
    elif "expected a single document" in what or "another document" in what:
        what = "a file holds one document. Move what follows '---' to a file of its own"
    else:
        what = f"YAML can't be read here ({what}). Check indentation, brackets and quotation marks"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return SourceProblem(file, line, column, what)


class _Plain:
    """Turns composed nodes into plain data and notes where everything stands."""

    def __init__(self, source: YamlSource) -> None:
        self._source = source
        self._built = 0
        self._inside: set[int] = set()

    def build(self, node: Node) -> None:
        try:
            self._source.data = self._value(node, ())
        except RecursionError:
            self._source.data = None
            self._complain(node, "the file is nested too deeply")
        if self._built > _MOST_VALUES:
            self._source.data = None

    def _complain(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self._source.problems.append(
            SourceProblem(self._source.file, mark.line + 1, mark.column + 1, message)
        )

    def _value(self, node: Node, path: Path) -> Any:
        self._built += 1
        if self._built > _MOST_VALUES:
            if self._built == _MOST_VALUES + 1:
                self._complain(node, f"the file holds more than {_MOST_VALUES:,} values")
            return None
        if id(node) in self._inside:
            self._complain(node, "an alias can't stand inside the value it repeats")
            return None
        self._source._values[path] = self._place(node)
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._inside.add(id(node))
        try:
            if isinstance(node, SequenceNode):
                return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
            return self._mapping(node, path) if isinstance(node, MappingNode) else None
        finally:
            self._inside.discard(id(node))

    def _place(self, node: Node) -> _Place:
        return _Place(node.start_mark.line + 1, node.start_mark.column + 1, node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._complain(key_node, "a key must be a word")
                continue
            key = str(key_node.value)
            if key in mapping:
                self._complain(key_node, f"'{key}' is here twice. Keep one")
                continue
            self._source._keys[(*path, key)] = self._place(key_node)
            mapping[key] = self._value(value_node, (*path, key))
        return mapping

    def _scalar(self, node: ScalarNode) -> Any:
        kind = str(node.tag).removeprefix(_TAG)
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float"):
            return _number(kind, text)
        if kind not in ("str", "timestamp", "merge", "value"):
            self._complain(node, f"the tag {node.tag} is not used here. Delete it")
        return text


def _number(kind: str, text: str) -> int | float | str:
    plain = text.replace("_", "").lower()
    try:
        if kind == "float":
            return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
        base = {"0x": 16, "0o": 8, "0b": 2}.get(plain.lstrip("+-")[:2], 10)
        return int(plain, base)
    except ValueError:
        return text


def validate(model: type[M], text: str, file: str) -> tuple[M | None, list[SourceProblem]]:
    """Read YAML into a pydantic model.

    Returns the model, or None and every problem found, sorted by place. ``file`` is only named
    in the problems. Validators may raise ``PydanticCustomError`` with ``path`` (a tuple of keys
    under the validated value), or ``line`` and ``column`` (within the validated text) in its
    context to say where the problem is.
    """
    source = read(text, file)
    return validate_source(model, source)


def validate_source(model: type[M], source: YamlSource) -> tuple[M | None, list[SourceProblem]]:
    """As :func:`validate`, for YAML that was read already."""
    if source.problems and source.data is None:
        return None, ordered(source.problems)
    problems = list(source.problems)
    result = None
    try:
        result = model.model_validate(source.data)
    except ValidationError as error:
        problems += [
            _model_problem(model, source, detail)
            for detail in error.errors(include_url=False)
            # A list whose entries are all wrong is not empty, as pydantic then says.
            if not (detail["type"] == "too_short" and detail["input"])
        ]
    return (None if problems else result), ordered(problems)


def ordered(problems: Iterable[SourceProblem]) -> list[SourceProblem]:
    """The problems by file, line and column, each once."""
    return sorted(set(problems))


def _model_problem(model: type[BaseModel], source: YamlSource, detail: Any) -> SourceProblem:
    context = detail.get("ctx", {})
    path, keys = yaml_messages.resolve(model, source.data, detail["loc"])
    message = yaml_messages.sentence(detail, keys)
    if detail["type"] == "extra_forbidden":
        return source.problem(path, message, at_key=True)
    if "column" in context:
        return source.problem_inside(path, context.get("line", 1), context["column"], message)
    return source.problem((*path, *context.get("path", ())), message)
