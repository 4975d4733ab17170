"""What a template may say: the Jinja2 it may use and the merge fields that exist.

Both are checked on the parsed template, so a mistake is found when the cadence is linted and not
when the mail should go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jinja2 import Environment, TemplateSyntaxError, nodes

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem
from domain.email.template_source import Fragment

FILTERS = frozenset(
    {"fallback", "full_name", "default", "upper", "lower", "capitalize", "title", "trim"}
    | {"truncate", "length", "lines"}
)
TESTS = frozenset({"defined", "undefined", "none", "odd", "even"})
FUNCTIONS = frozenset({"link", "range"})

SENDER_FIELDS = ("name", "email", "signature", "phone")
"""What a mail may say of whom it is from."""
OWNER_FIELDS = (*SENDER_FIELDS, "booking_link")
"""What it may say of whom the meeting is with, else of who owns the lead; nobody: of whom it is
from."""
STYLE_FIELDS = (
    *("text_color", "small_color", "link_color", "button_color", "button_text_color"),
    *("line_color", "background_rule", "font", "font_zh", "logo_width"),
)
"""How the company's mails look, which MJML may say anywhere: our own words only."""
BRAND_FIELDS = (
    *STYLE_FIELDS,
    *("name", "company", "logo", "preferences", "between", "unsubscribe", "signed", "contact"),
    *("footer", "footer_customer", "footer_called", "footer_meeting"),
)
"""What it may say of the company: see ``domain.brand.policy.brand_fields``."""
FIELDS = frozenset(
    {
        *(f"lead.{name}" for name in ("first_name", "last_name", "title", "company")),
        "lead.country",
        "lead.language",
        *(f"sender.{name}" for name in SENDER_FIELDS),
        *(f"owner.{name}" for name in OWNER_FIELDS),
        *(f"links.{name}" for name in ("unsubscribe", "preferences", "booking")),
        *(f"brand.{name}" for name in BRAND_FIELDS),
        "links.confirmation",
        "postal_address",
    }
)
MEETING_PLACES = frozenset({"links.meeting", "meeting.place", "meeting.phone"})
"""Of the three one holds at most: the address of a video call; the room, or the number to call; the
lead's own number, which the rep calls."""
MEETING_WORDS = "meeting.words"
"""What the rep wrote to the lead as the meeting was moved or called off."""
MEETING_FIELDS = MEETING_PLACES | {"meeting.starts_at", "meeting.minutes", MEETING_WORDS}
TALK_FIELDS = frozenset(
    {
        *(f"lead.{name}" for name in ("first_name", "last_name", "title", "company")),
        "lead.country",
        "lead.language",
        *(f"owner.{name}" for name in OWNER_FIELDS),
        *("visit.what", "visit.when", "mail.subject", "times.first", "times.second"),
    }
)
"""What somebody may say on the phone: what the lead looked at last and how long ago, the mail that
it read last, and two free times. What follows from another field is there when that is."""
MAY_BE_EMPTY = frozenset(
    {"lead.first_name", "lead.last_name", "lead.title", "lead.company"}
    | MEETING_PLACES
    | {MEETING_WORDS}
    | {"sender.signature", "sender.phone", "brand.logo", "brand.signed"}
    | {"owner.email", "owner.signature", "owner.phone", "owner.booking_link"}
    | {"visit.what", "mail.subject", "times.first"}
)
_LOOP = frozenset({"loop.index", "loop.index0", "loop.first", "loop.last", "loop.length"})

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Test,
    nodes.Call,
    nodes.Keyword,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Concat,
)
_NAMES = {
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.FromImport: "{% from %}",
    nodes.Scope: "{% autoescape %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.Pow: "**",
}
_MAX_DEPTH = 40
MAX_ITEMS = 100
"""How often a loop of a mail goes round."""
_MAX_STEPS = 20_000
_TOO_DEEP = "the {{ … }} and {% … %} here are nested too deeply"
_PARSER = Environment(autoescape=True)


def parse(fragment: Fragment) -> tuple[nodes.Template | None, list[SourceProblem]]:
    """The Jinja2 syntax tree of the fragment, and what in it a mail may not use. The tree is
    None when it cannot be parsed."""
    try:
        tree = _PARSER.parse(fragment.text)
    except TemplateSyntaxError as error:
        message = f"{error.message or 'not a valid tag'}".rstrip(".")
        return None, [at_line(fragment, error.lineno, r"\{[{%]", message)]
    except RecursionError:
        return None, [fragment.problem(0, _TOO_DEEP)]
    except (ValueError, OverflowError):
        return None, [fragment.problem(0, "a number here has too many digits")]
    if deep := _first_deeper_than(tree, _MAX_DEPTH):
        return None, [at_line(fragment, deep.lineno, r"\{[{%]", _TOO_DEEP)]
    problems = list(_forbidden(fragment, tree, in_loop=False))
    if not problems and _steps(tree) > _MAX_STEPS:
        message = "the {{ … }} and {% … %} here take too long. Shorten the loops"
        return None, [fragment.problem(0, message)]
    return tree, problems


def _steps(node: nodes.Node) -> int:
    """How many nodes of the tree one mail evaluates at most."""
    inner = sum(_steps(child) for child in node.iter_child_nodes())
    return 1 + inner * (MAX_ITEMS if isinstance(node, nodes.For) else 1)


def _first_deeper_than(node: nodes.Node, depth: int) -> nodes.Node | None:
    if depth < 0:
        return node
    found = (_first_deeper_than(child, depth - 1) for child in node.iter_child_nodes())
    return next((deep for deep in found if deep is not None), None)


def at_line(fragment: Fragment, line: int, pattern: str, message: str) -> SourceProblem:
    """A problem where ``pattern`` first stands on the line, or at the line's start."""
    start = 0
    for _ in range(line - 1):
        start = fragment.text.find("\n", start) + 1
    end = fragment.text.find("\n", start)
    found = re.search(pattern, fragment.text[start : end if end >= 0 else None])
    return fragment.problem(start + (found.start() if found else 0), message)


def _forbidden(fragment: Fragment, node: nodes.Node, in_loop: bool) -> Iterator[SourceProblem]:
    message = pattern = ""
    if not isinstance(node, _ALLOWED):
        kind = type(node)
        name = _NAMES.get(kind, f"{{% {kind.__name__.lower()} %}}")
        if isinstance(node, nodes.Expr):
            name = _NAMES.get(kind, f"a {kind.__name__.lower()}")
        message = f"{name} cannot be used in a mail; {{{{ … }}}}, if and for can"
        pattern = r"\{[{%]"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        message = f"unknown filter '{node.name}'.{did_you_mean(node.name, FILTERS)}"
        pattern = rf"\|\s*{node.name}\b"
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        message = f"unknown test '{node.name}'.{did_you_mean(node.name, TESTS)}"
        pattern = rf"\b{node.name}\b"
    elif private := _private_name(node):
        message, pattern = f"'{private}' is not a merge field", re.escape(private)
    elif isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Const):
        message, pattern = "the name in […] must be written out in quotation marks", r"\["
    elif isinstance(node, nodes.Call):
        message, pattern = _wrong_call(node)
    elif isinstance(node, nodes.For) and (in_loop or node.recursive):
        message, pattern = "a for inside a for cannot be used in a mail", r"\{%-?\s*for"
    elif isinstance(node, nodes.For) and not isinstance(node.target, nodes.Name):
        message, pattern = "a for gives one name to its items", r"\{%-?\s*for"
    elif isinstance(node, nodes.For) and not _may_be_looped_over(node.iter):
        message, pattern = "a for goes through range(…) or a list of the lead", r"\{%-?\s*for"
    if message:
        # What {% autoescape %} puts around itself has no line of its own.
        lines = (one.lineno for one in (node, *node.find_all(nodes.Node)))
        yield at_line(fragment, next((line for line in lines if line), 1), pattern, message)
        return
    for child in node.iter_child_nodes():
        yield from _forbidden(fragment, child, in_loop or isinstance(node, nodes.For))


def _may_be_looped_over(node: nodes.Node) -> bool:
    called = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name)
    return called or _path(node) is not None


def _private_name(node: nodes.Node) -> str:
    name: object = node.attr if isinstance(node, nodes.Getattr) else None
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        name = node.arg.value
    return name if isinstance(name, str) and name.startswith("_") else ""


def _wrong_call(node: nodes.Call) -> tuple[str, str]:
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    if name not in FUNCTIONS:
        what = f"'{name}'" if name else "this"
        return f"{what} cannot be called. A mail can call link(…) and range(…)", rf"{name}\s*\("
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"{name}(…) takes plain arguments only", rf"\b{name}\b"
    if name == "link":
        only = node.args[0] if len(node.args) == 1 else None
        address = only.value if isinstance(only, nodes.Const) else None
        if not isinstance(address, str) or not re.match(r"https?://[^\s/]+", address):
            return 'link(…) takes one full address, as link("https://example.com/guide")', r"\blink"
    return "", ""


def unknown_fields(
    fragment: Fragment, tree: nodes.Template, *, meeting: bool
) -> list[SourceProblem]:
    """Merge fields that do not exist, and fields that may be empty for a lead and have no
    fallback. ``meeting`` says whether the mail is about a meeting and has ``meeting.…``."""
    return fields_beside(fragment, tree, FIELDS | (MEETING_FIELDS if meeting else frozenset()))


def fields_beside(
    fragment: Fragment, tree: nodes.Template, known: frozenset[str]
) -> list[SourceProblem]:
    """Merge fields beside those that are ``known``, and those without a fallback that need one."""
    checker = _FieldCheck(fragment, known, [])
    checker.visit(tree, _Scope())
    return list(dict.fromkeys(checker.problems))


@dataclass(frozen=True)
class _Scope:
    """What holds at a place: an empty value is taken care of (``covered``), a missing attribute
    too (``direct``), fields known not to be empty, names of loops."""

    covered: bool = False
    direct: bool = False
    filled: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset({"subject", "preheader"})


@dataclass
class _FieldCheck:
    fragment: Fragment
    known: frozenset[str]
    problems: list[SourceProblem]

    def visit(self, node: nodes.Node, scope: _Scope) -> None:
        path = _path(node)
        if path is not None:
            self._check(path, node.lineno, scope)
        elif isinstance(node, nodes.Filter) and node.node is not None:
            self._filter(node, node.node, scope)
        elif isinstance(node, nodes.Test):
            defines = node.name in ("defined", "undefined")
            self.visit(node.node, replace(scope, covered=True, direct=defines))
        elif isinstance(node, nodes.Or):
            self.visit(node.left, replace(scope, covered=True, direct=False))
            self.visit(node.right, replace(scope, direct=False))
        elif isinstance(node, nodes.If | nodes.CondExpr):
            self._condition(node, scope)
        elif isinstance(node, nodes.For):
            self.visit(node.iter, replace(scope, covered=True, direct=False))
            target = node.target.name if isinstance(node.target, nodes.Name) else ""
            inner = replace(scope, names=scope.names | {target, "loop"})
            for child in (*node.body, *node.else_):
                self.visit(child, inner)
        elif isinstance(node, nodes.Call):
            for argument in node.args:
                self.visit(argument, replace(scope, direct=False))
        else:
            for child in node.iter_child_nodes():
                self.visit(child, replace(scope, direct=False))

    def _filter(self, node: nodes.Filter, operand: nodes.Expr, scope: _Scope) -> None:
        inner = replace(scope, direct=False)
        if node.name == "fallback":
            inner = replace(scope, covered=True, direct=True)
        elif node.name == "default":
            # default(…, true) also stands in for an empty value.
            constants = [arg.value for arg in node.args[1:] if isinstance(arg, nodes.Const)]
            always = True in constants or any(keyword.key == "boolean" for keyword in node.kwargs)
            inner = replace(scope, covered=scope.covered or always, direct=True)
        if node.name == "full_name" and _path(operand) == "lead":
            if not inner.covered:
                message = 'a lead may have no name: write lead|full_name|fallback("…")'
                self._report(node.lineno, "lead", message)
        else:
            self.visit(operand, inner)
        for argument in node.args:
            self.visit(argument, replace(scope, direct=False))

    def _condition(self, node: nodes.If | nodes.CondExpr, scope: _Scope) -> None:
        self.visit(node.test, replace(scope, covered=True, direct=False))
        filled = replace(scope, direct=False, filled=scope.filled | _filled_if(node.test))
        if isinstance(node, nodes.CondExpr):
            self.visit(node.expr1, filled)
            if node.expr2 is not None:
                self.visit(node.expr2, replace(scope, direct=False))
            return
        for child in node.body:
            self.visit(child, filled)
        for child in (*node.elif_, *node.else_):
            self.visit(child, scope)

    def _check(self, path: str, line: int, scope: _Scope) -> None:
        root = path.split(".", 1)[0]
        if path in scope.names or (path in _LOOP and "loop" in scope.names):
            return
        if root in scope.names and root != "loop":
            return
        if path.startswith("lead.attributes.") and path.count(".") == 2:
            if not scope.direct and path not in scope.filled:
                message = (
                    f"'{path}' is not there for every lead: write {{{{ {path}|fallback(\"…\") }}}}"
                )
                self._report(line, path, message)
        elif path not in self.known:
            self._report(line, path, self._unknown(path))
        elif path in MAY_BE_EMPTY and not scope.covered and path not in scope.filled:
            message = f"'{path}' may be empty: write {{{{ {path}|fallback(\"…\") }}}}"
            self._report(line, path, message)

    def _unknown(self, path: str) -> str:
        if path in MEETING_FIELDS:
            return f"'{path}' is known in the mails about a meeting only"
        if path == "lead.attributes":
            return "'lead.attributes' needs the attribute's name: lead.attributes.industry"
        return f"unknown merge field '{path}'.{did_you_mean(path, self.known)}"

    def _report(self, line: int, path: str, message: str) -> None:
        pattern = rf"\b{re.escape(path)}\b|\b{re.escape(path.split('.', 1)[0])}\b"
        self.problems.append(at_line(self.fragment, line, pattern, message))


def _path(node: nodes.Node | None) -> str | None:
    """``lead.company`` for the expression of that name, None for any other expression."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (base := _path(node.node)) is not None:
        return f"{base}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        base = _path(node.node)
        return None if base is None else f"{base}.{node.arg.value}"
    return None


def _filled_if(test: nodes.Node) -> frozenset[str]:
    """The fields that hold something whenever ``test`` is true."""
    if isinstance(test, nodes.And):
        return _filled_if(test.left) | _filled_if(test.right)
    defined = isinstance(test, nodes.Test) and test.name == "defined"
    operand = test.node if isinstance(test, nodes.Filter | nodes.Test) else test
    path = _path(operand)
    if path is None or (isinstance(test, nodes.Test) and (not defined or path in MAY_BE_EMPTY)):
        return frozenset()
    return frozenset({path})
