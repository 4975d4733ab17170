"""What can be known to be wrong with a condition when it is written: kinds of value that don't go
together, and comparisons that come out the same for every lead.

Kinds are checked by Google's CEL type checker (https://github.com/cel-expr/cel-python), which
looks at every part of a condition, also at those that no example reaches.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cel_expr_python import cel as checker

from domain.contacts.attributes import attribute_key, number_in
from domain.contacts.dates import read_day
from domain.rules.cel_library import cel
from domain.rules.facts import SOME_DAY, Facts, FactSet
from domain.sentences import sentence

TEXT_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|' r"'(?:[^'\\\n]|\\.)*'")
_OWN_FIELD = re.compile(r"""(?<![\w.])([A-Za-z_]\w*)\s*\[\s*(["'])([A-Za-z_]\w*)\2\s*\]""")
_ATTRIBUTE = re.compile(
    r"""\b(\w+\.attributes|event\.properties)(?:\.([A-Za-z_]\w*)|\[\s*("[^"\n]*"|'[^'\n]*')\s*\])"""
)
_HAS_FIELD = re.compile(r"\bhas\(\s*([A-Za-z_]\w*\.[A-Za-z_]\w*)\s*\)")
_CONVERTED = re.compile(
    r"""\b(int|double|number|date|yes|daysSince|daysUntil)\(\s*("[^"\n]*"|'[^'\n]*')\s*\)"""
)
_NUMERIC = {"int", "uint", "double"}
_KINDS = {
    **dict.fromkeys(("int", "uint", "double"), sentence("a number")),
    "string": sentence("text"),
    "bool": sentence("yes or no"),
    "null_type": sentence("nothing"),
}
_MISTAKE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_APPLIED = re.compile(r"found no matching overload for '(.*?)' applied to '(.*)'")
_ORDERED = re.compile(r"<=|>=|<|>")
_TOKEN = re.compile(
    rf"{TEXT_LITERAL.pattern}|&&|\|\||[=!<>]=|[()\[\]?:!]|[^\s()\[\]?:!&|=<>\"']+|.", re.S
)
_WHOLE_NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")


@dataclass(frozen=True)
class ConditionMistake:
    """What is wrong, and at which character (from 0)."""

    message: str
    position: int


def mistakes(source: str, facts: FactSet, *, number: bool = False) -> Iterator[ConditionMistake]:
    """What is wrong with a condition, or an expression that is to give a ``number``, which is valid
    CEL and names only what ``facts`` have."""
    code = dotted(source)
    yield from _always_there(code, facts)
    yield from _misspelt_attributes(code)
    yield from _kinds_apart(code, facts, number=number)
    yield from _unreadable(code)
    yield from _numbers_as_text(code)
    yield from _foregone(code, facts)


def dotted(source: str) -> str:
    """The source with ``lead["country"]`` as ``lead.country``, every other character where it
    was."""

    def plain(found: re.Match[str]) -> str:
        return f"{found[1]}.{found[3]}".ljust(len(found[0]))

    return _OWN_FIELD.sub(plain, source)


def has_comment(source: str) -> bool:
    """Whether there is a comment in a condition; ``//`` in a text is none."""
    return "//" in TEXT_LITERAL.sub('""', source)


def attributes_in(source: str) -> frozenset[tuple[str, str]]:
    """The attributes that a condition reads, such as ``("lead.attributes", "employees")``."""
    return frozenset(
        (found[1], found[2] or ast.literal_eval(found[3])) for found in _ATTRIBUTE.finditer(source)
    )


def _always_there(code: str, facts: FactSet) -> Iterator[ConditionMistake]:
    paths = facts.paths()
    for found in _HAS_FIELD.finditer(code):
        if isinstance(paths.get(found[1]), str):
            yield ConditionMistake(
                sentence(
                    "{field} is always there, and empty where nothing is known. Write {right}",
                    field=found[1],
                    right=f'{found[1]} != ""',
                ),
                found.start(),
            )


def _misspelt_attributes(code: str) -> Iterator[ConditionMistake]:
    for found in _ATTRIBUTE.finditer(code):
        name = found[2] or ast.literal_eval(found[3])
        key = attribute_key(name)
        if found[1] != "event.properties" and key != name:
            way = (
                f"{found[1]}.{key}"
                if key.isascii() and key[:1].isalpha()
                else f'{found[1]}["{key}"]'
            )
            yield ConditionMistake(
                sentence(
                    "attributes are kept in lower case, with _ between words. Write {right}",
                    right=way,
                ),
                found.start(),
            )


@functools.lru_cache(maxsize=8)
def _environment(facts: FactSet) -> checker.Env:
    kinds = checker.Type
    text = kinds.STRING
    variables = {}
    for path, example in facts.paths().items():
        match example:
            case bool():
                variables[path] = kinds.BOOL
            case int():
                variables[path] = kinds.INT
            case str():
                variables[path] = text
            case list() | tuple():
                variables[path] = kinds.List(text)
            case _:
                inner = kinds.DYN if path in facts.loose or path in facts.items else text
                variables[path] = kinds.Map(text, inner)
    gives = {
        "number": kinds.DOUBLE,
        "yes": kinds.BOOL,
        "date": text,
        "daysSince": kinds.INT,
        "daysUntil": kinds.INT,
    }
    declared = [
        checker.FunctionDecl(name, [checker.Overload(f"{name}_of", kind, [kinds.DYN])])
        for name, kind in gives.items()
    ]
    lower = checker.FunctionDecl(
        "lower",
        [
            checker.Overload("lower_of", text, [text]),
            checker.Overload("text_lower", text, [text], is_member=True),
        ],
    )
    return checker.NewEnv(
        variables=variables, extensions=[checker.CelExtension("ours", [*declared, lower])]
    )


def _kinds_apart(code: str, facts: FactSet, *, number: bool) -> Iterator[ConditionMistake]:
    environment = _environment(facts)
    try:
        answer = environment.compile(code).return_type().name().lower()
    except RuntimeError as error:
        for line, column, said in _MISTAKE.findall(str(error)):
            starts = [0, *(found.end() for found in re.finditer("\n", code))]
            position = starts[int(line) - 1] + int(column) - 1
            if message := _said(said, code, position, facts):
                yield ConditionMistake(message, position)
        return
    kind = _KINDS.get(answer, sentence("a value"))
    if number and answer not in (*_NUMERIC, "dyn"):
        yield ConditionMistake(
            sentence("this gives {kind}, not a number. Write one, such as number(…)", kind=kind), 0
        )
    if not number and answer not in ("bool", "dyn"):
        yield ConditionMistake(
            sentence(
                "this gives {kind}, not yes or no. Compare it, such as {sample}",
                kind=kind,
                sample=facts.sample,
            ),
            0,
        )


def _said(said: str, code: str, position: int, facts: FactSet) -> str:
    found = _APPLIED.match(said)
    if not found:
        owner = re.match(r"undeclared reference to '(\w+)'", said)
        if owner and owner[1] in facts.names:
            field = sorted(facts.fields(owner[1]))[0]
            return sentence(
                "{fact} is no value. Write a field of it, such as {field}",
                fact=owner[1],
                field=f"{owner[1]}.{field}",
            )
        return said
    operation, kinds = found[1].strip("_@"), found[2].strip("()").split(", ")
    if all(kind in _NUMERIC for kind in kinds):
        return ""  # The checker tells whole numbers from others, the evaluator compares them.
    names = list(dict.fromkeys(_KINDS.get(kind, sentence("a list or map")) for kind in kinds))
    advice = sentence(
        "Text goes in quotation marks, numbers without; number(…) and string(…) turn one into the "
        "other"
    )
    if attribute := _attribute_beside(code, position, operation):
        function = "yes" if "yes or no" in names or operation in ("!", "&&", "||") else "number"
        advice = sentence("Attributes are text: write {right}", right=f"{function}({attribute})")
    if len(names) == 1:
        return sentence(
            "'{operation}' does not go with {kind}. {advice}",
            operation=operation,
            kind=names[0],
            advice=advice,
        )
    return sentence(
        "this puts different kinds of value together, {one} and {other}. {advice}",
        one=names[0],
        other=names[1],
        advice=advice,
    )


def _attribute_beside(code: str, position: int, operation: str) -> str:
    """The attribute left or right of an operator, '' if there is none."""
    for found in _ATTRIBUTE.finditer(code):
        if re.search(r"\w\s*\($", code[: found.start()]):
            continue  # A function reads it already.
        before, after = (
            code[found.end() : position],
            code[position + len(operation) : found.start()],
        )
        if found.end() <= position and not before.strip(" )"):
            return found[0]
        if found.start() >= position + len(operation) and not after.strip(" ("):
            return found[0]
    return ""


def _unreadable(code: str) -> Iterator[ConditionMistake]:
    for found in _CONVERTED.finditer(code):
        try:
            Facts({}, SOME_DAY).answer(cel.compile(found[0]))
        except Exception:
            yield ConditionMistake(
                sentence(
                    "{asked} can't be answered: {function} can't read this text",
                    asked=found[0],
                    function=found[1],
                ),
                found.start(),
            )


def _numbers_as_text(code: str) -> Iterator[ConditionMistake]:
    """Whoever compares with "100" means the number."""
    for literal in TEXT_LITERAL.finditer(code):
        value = ast.literal_eval(literal[0])
        before = _ORDERED.search(code[max(0, literal.start() - 4) : literal.start()].rstrip()[-2:])
        after = _ORDERED.match(code[literal.end() :].lstrip())
        if (before or after) and number_in(value) is not None and not re.search(r"\d-\d", value):
            yield ConditionMistake(
                sentence(
                    'this compares letter by letter, and "9" comes after "100". Write number(…) '
                    "and {value} without quotation marks",
                    value=value,
                ),
                literal.start(),
            )
        elif (
            attribute := (before or after)
            and read_day(value)
            and _attribute_compared(code, literal)
        ):
            yield ConditionMistake(
                sentence(
                    "this compares letter by letter, as no calendar does. Write {right}",
                    right=f"date({attribute})",
                ),
                literal.start(),
            )


def _attribute_compared(code: str, literal: re.Match[str]) -> str:
    """The attribute that is compared with a text as it is, '' if there is none."""
    for found in _ATTRIBUTE.finditer(code):
        between = code[found.end() : literal.start()] or code[literal.end() : found.start()]
        if re.fullmatch(r"\s*[<>]=?\s*", between):
            return found[0]
    return ""


def _foregone(code: str, facts: FactSet) -> Iterator[ConditionMistake]:
    """Comparisons of one fact that are true, or false, whatever it can be."""
    paths = facts.paths()
    for atom, position in _atoms(code):
        used = [path for path in paths if re.search(rf"(?<![\w.]){re.escape(path)}\b", atom)]
        if len(used) != 1:
            continue
        path = used[0]
        possible, why = _possible(path, paths[path], atom, facts)
        for part in _parts(atom, path):
            answers = _answers(part, path, possible, facts)
            if len(answers) == 1:
                said = (
                    sentence("this is always true: {why}", why=why)
                    if answers.pop()
                    else sentence("this is never true: {why}", why=why)
                )
                yield ConditionMistake(said, position)


def _parts(atom: str, path: str) -> list[str]:
    """An atom; for one of the form ``fit in ["A", "E"]`` a comparison with each item."""
    listed = re.fullmatch(rf"{re.escape(path)}\s+in\s*\[(.*)\]", atom, re.DOTALL)
    items = listed and re.findall(rf"{TEXT_LITERAL.pattern}|-?\d+", listed[1])
    return [f"{path} == {item}" for item in items] if items else [atom]


def _possible(path: str, example: Any, atom: str, facts: FactSet) -> tuple[tuple[Any, ...], str]:
    """What a fact can be, as far as it matters to the atom, and a sentence that says so."""
    texts = [str(ast.literal_eval(literal)) for literal in TEXT_LITERAL.findall(atom)]
    if path in facts.values:
        values, why = facts.values[path]
        if texts and "(" not in atom:
            # Of all that it is compared with none of, one stands for the others.
            others = [one for one in values if one not in texts]
            values = (*(one for one in values if one in texts), *others[:1])
        return values, why
    match example:
        case bool():
            return (), ""
        case int():
            least = 1 if path == "cycle" else 0
            near = {int(n) + by for n in _WHOLE_NUMBER.findall(atom) for by in (-1, 0, 1)}
            return tuple(n for n in {*near, least, 10**6} if n >= least), sentence(
                "{field} is {least} or more", field=path, least=least
            )
        case str() if texts and (path.endswith("domain") or "lower(" in atom):
            small = tuple({"", "a", *(one.lower() for one in texts)})
            return small, sentence("{field} is in lower case here", field=path)
    return (), ""


def _answers(atom: str, path: str, values: Iterable[Any], facts: FactSet) -> set[bool]:
    """The answers of an atom for all these values, none where it is no yes or no."""
    owner, _, field = path.partition(".")
    try:
        program = cel.compile(atom)
        given = [{**facts.example[owner], field: one} if field else one for one in values]
        answers = [Facts({owner: one}, SOME_DAY).answer(program) for one in given]
    except Exception:
        return set()
    return set(answers) if all(isinstance(one, bool) for one in answers) else set()


def _atoms(code: str) -> Iterator[tuple[str, int]]:
    """The parts between ``&&``, ``||``, ``!``, ``?`` and ``:`` and the brackets around them, each
    with its position. What stands in the brackets of a function or list is one with it."""
    begin, depth, before = 0, 0, ""
    for token in [*_TOKEN.finditer(code), None]:
        word = token[0] if token else "&&"
        at = token.start() if token else len(code)
        opens = word in ("(", "[")
        if depth or (opens and (word == "[" or re.search(r"[\w\])]$", before))):
            depth += opens - (word in (")", "]"))
        elif word in ("&&", "||", "!", "?", ":", "(", ")"):
            atom = code[begin:at]
            if atom.strip():
                yield atom.strip(), begin + len(atom) - len(atom.lstrip())
            begin = at + len(word)
        if not word.isspace():
            before = word
