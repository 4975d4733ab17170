"""E-mails: from marketing's template file to the subject, HTML and text of one mail.

A template file is a front matter and an MJML document::

    ---
    subject: A quieter Monday for {{ lead.company|fallback("your team") }}
    preheader: Three habits that keep the week's plan in one place
    ---
    <mjml lang="en">…</mjml>

:func:`compile_template` runs once, when a cadence is published. :func:`render` runs per mail and
executes templates nobody has to trust: no attribute of a Python object can be reached, only
``link`` and ``range`` can be called, and loops and output are bounded.
"""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem
from domain.email.merge_fields import (
    FILTERS,
    MAX_ITEMS,
    TESTS,
    fields_beside,
    parse,
    unknown_fields,
)
from domain.email.message import one_line
from domain.email.mjml import to_html_and_text
from domain.email.template_source import (
    LONGEST,
    Fragment,
    SourceError,
    as_html_source,
    tags_of,
    with_parts,
)
from domain.names import full_name

MAX_SOURCE = LONGEST
MAX_OUTPUT = 400_000
"""Characters of one rendered part. Mail programs cut a mail at about a quarter of it."""
MAX_VALUE = 10_000
"""Characters of a text that a filter works on."""
MAX_NUMBER = 10**9

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_SPACES = re.compile(r"[ \t]+")
_LINE_ENDS = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_LOOP_FIELDS = frozenset({"index", "index0", "first", "last", "length"})


class TemplateError(SourceError):
    """A template file has errors. ``problems`` holds them, each with file, line and column."""


class RenderError(Exception):
    """One mail cannot be rendered. The message names fields and limits, never a lead's data."""


@dataclass(frozen=True)
class CompiledTemplate:
    """A template as it is kept when published: Jinja2 sources, MJML compiled away."""

    subject: str
    preheader: str
    html: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The four sources by name, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, compiled: Mapping[str, str]) -> CompiledTemplate:
        """The template that :meth:`as_dict` described."""
        return cls(**{name: compiled[name] for name in ("subject", "preheader", "html", "text")})


@dataclass(frozen=True)
class RenderedEmail:
    """One mail for one lead. The subject is one line."""

    subject: str
    html: str
    text: str


def compile_template(
    source: str, file: str, parts: Mapping[str, str] | None = None
) -> CompiledTemplate:
    """Compile a template file.

    Args:
        source: the file's text.
        file: its name, for problems.
        parts: file name → text of what ``<mj-include path="…" />`` may include.

    Raises:
        TemplateError: with every problem that was found.
    """
    subject, preheader, body, problems = read_template(source, file, parts or {})
    for fragment in (subject, preheader, body):
        tags, unclosed = tags_of(fragment)
        problems += unclosed
        # Jinja2 itself takes {% raw %} away while parsing.
        raw = [tag for tag in tags if tag.keyword == "raw"]
        problems += [fragment.problem(tag.offset, "{% raw %} cannot be used") for tag in raw]
        if not unclosed:
            problems += parse(fragment)[1]
    if problems:
        raise TemplateError(problems)
    shared = {"subject": as_html_source(subject), "preheader": as_html_source(preheader)}
    try:
        html, text = to_html_and_text(body, shared)
        compiled = CompiledTemplate(subject.text, preheader.text, html, text)
        _templates(compiled)
    except TemplateSyntaxError as error:
        raise TemplateError([body.problem(0, f"Jinja2: {error.message}")]) from None
    except SourceError as error:
        raise TemplateError(error.problems) from None
    except (SyntaxError, RecursionError, ValueError, OverflowError, MemoryError):
        # Python's own compiler has limits of its own, such as on nested blocks.
        message = "the {{ … }} and {% … %} here are too many or nested too deeply"
        raise TemplateError([body.problem(0, message)]) from None
    return compiled


def check_fields(
    source: str, file: str, parts: Mapping[str, str] | None = None, *, meeting: bool = False
) -> list[SourceProblem]:
    """Merge fields of a template file that do not exist or lack a needed fallback.

    Args:
        source: the file's text.
        file: its name, for problems.
        parts: as in :func:`compile_template`, whose problems are not repeated here.
        meeting: whether ``meeting.starts_at`` and ``meeting.minutes`` are known to this mail.
    """
    problems: list[SourceProblem] = []
    for fragment in read_template(source, file, parts or {})[:3]:
        tree, _ = parse(fragment)
        if tree is not None:
            problems += unknown_fields(fragment, tree, meeting=meeting)
    return problems


def render(compiled: CompiledTemplate, fields: Mapping[str, Any]) -> RenderedEmail:
    """Render one mail.

    Args:
        compiled: what :func:`compile_template` returned.
        fields: ``lead``, ``sender``, ``links`` and, in mails about a meeting, ``meeting`` as
            mappings; ``postal_address``; and ``link``, a function from an address to the address
            to put into this mail.

    Raises:
        RenderError: a field is missing, or the template does what it must not.
    """
    subject, html, text = _templates(compiled)
    with _refusing():
        return RenderedEmail(
            one_line(_bounded(subject, fields)),
            _bounded(html, fields),
            _tidy(_bounded(text, fields)),
        )


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a template breaks fails one mail, and says nothing of the lead."""
    try:
        yield
    except RenderError:
        raise
    except UndefinedError as error:
        raise RenderError(f"A merge field is missing: {error.message}.") from None
    except SecurityError as error:
        raise RenderError(f"The template does what a mail must not: {error.message}.") from None
    except Exception as error:
        raise RenderError(f"The template cannot be rendered ({type(error).__name__}).") from None


def check_words(source: str, known: frozenset[str]) -> list[str]:
    """What is wrong with a plain text with merge fields, such as a line of a talk track; nothing
    for one that :func:`render_words` takes.

    Args:
        known: the fields that it may use.
    """
    fragment = Fragment(source, ((0, "text", source, 0),))
    tags, problems = tags_of(fragment)
    if problems:
        return [one.message for one in problems]
    if any(tag.keyword == "raw" for tag in tags):
        return ["{% raw %} cannot be used"]
    tree, problems = parse(fragment)
    if tree is not None and not problems:
        problems = fields_beside(fragment, tree, known)
    if not problems:
        try:
            _words(source)
        except (SyntaxError, RecursionError, ValueError, OverflowError, MemoryError):
            return ["the {{ … }} and {% … %} here are too many or nested too deeply"]
    return [one.message for one in problems]


def render_words(source: str, fields: Mapping[str, Any]) -> str:
    """A plain text with its merge fields filled in, in the sandbox and within the bounds of a mail.

    Raises:
        RenderError: a field is missing, or the text does what it must not.
    """
    with _refusing():
        return _tidy(_bounded(_words(source), fields)).strip()


def failing_line(source: str, fields: Mapping[str, Any]) -> int:
    """The line, from 1, of a Jinja2 source that fails with these fields; 0 when none does."""
    template = _TEXT.from_string(source)
    length = 0
    try:
        for piece in template.generate(**fields):
            length += len(piece)
            if length > MAX_OUTPUT:
                return 0
    except Exception as error:
        # Jinja2 gives the frames of a template the lines of its source.
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in frames if frame.filename == template.filename]
        return lines[-1] if lines else 0
    return 0


def read_template(
    source: str, file: str, parts: Mapping[str, str]
) -> tuple[Fragment, Fragment, Fragment, list[SourceProblem]]:
    """Subject, preheader and body of a template file, and what is wrong with their frame.

    ``parts`` is that of :func:`compile_template`.
    """
    if len(source) > MAX_SOURCE:
        return _nothing_of(file, f"longer than {MAX_SOURCE} characters")
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    whole = Fragment(source, ((0, file, source, 0),))
    match = _FRONT_MATTER.match(source)
    body, problems = with_parts(source, match.end() if match else 0, file, parts)
    if len(body.text) > MAX_SOURCE:
        return _nothing_of(file, f"longer than {MAX_SOURCE} characters with its parts")
    found: dict[str, Fragment] = {}
    if match is None:
        problems.append(whole.problem(0, "must begin with '---', subject, preheader and '---'"))
    else:
        at = match.start(1)
        for line in match[1].splitlines(keepends=True):
            key, colon, value = line.partition(":")
            known = ["subject", "preheader"]
            if line.strip() and (not colon or key.strip() not in known):
                message = f"unknown key '{key.strip()}'.{did_you_mean(key.strip(), known)}"
                problems.append(whole.problem(at, message))
            start = at + len(key) + 1 + len(value) - len(value.lstrip())
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value, start = value[1:-1], start + 1
            found[key.strip()] = Fragment(value, ((0, file, source, start),))
            at += len(line)
        for key in ("subject", "preheader"):
            if not found.get(key, whole).text:
                problems.append(found[key].problem(0, f"the {key} is empty"))
            elif key not in found:
                problems.append(whole.problem(0, f"the {key} is missing between the '---' lines"))
    empty = Fragment("", ((0, file, source, 0),))
    return found.get("subject", empty), found.get("preheader", empty), body, problems


def _nothing_of(
    file: str, message: str
) -> tuple[Fragment, Fragment, Fragment, list[SourceProblem]]:
    empty = Fragment("", ((0, file, "", 0),))
    return empty, empty, empty, [empty.problem(0, message)]


def _tidy(text: str) -> str:
    """Plain text without the gaps that blocks left behind: at most one blank line in a row."""
    lines = _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def _bounded(template: Template, fields: Mapping[str, Any]) -> str:
    out: list[str] = []
    length = 0
    for piece in template.root_render_func(template.new_context(dict(fields))):
        out.append(piece)
        length += len(piece)
        if length > MAX_OUTPUT:
            raise RenderError(f"A mail may have {MAX_OUTPUT} characters; this one has more.")
    return "".join(out)


def _fallback(value: Any, alternative: str) -> Any:
    """``value``, or ``alternative`` when it is missing or blank."""
    if isinstance(value, Undefined) or value is None:
        return alternative
    return alternative if isinstance(value, str) and not value.strip() else value


def _lines(value: Any) -> Markup:
    """A text of several lines as such in HTML."""
    return Markup("<br />").join(str(_fallback(value, "")).splitlines())


def _full_name(lead: Any) -> str:
    """The lead's name, empty if unknown."""
    first, last = (str(_fallback(lead.get(name), "")) for name in ("first_name", "last_name"))
    return full_name(first, last)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_ITEMS:
        raise SecurityError(f"range(…) gives at most {MAX_ITEMS} numbers")
    return numbers


def _items(value: Any) -> Any:
    """What a loop goes through: a list or numbers, and never a text sign by sign."""
    if isinstance(value, Undefined):
        return value
    if not isinstance(value, list | tuple | range):
        raise SecurityError("a for goes through range(…) or a list")
    if len(value) > MAX_ITEMS:
        raise SecurityError(f"a for goes round at most {MAX_ITEMS} times")
    return value


def _short(filtered: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses long texts: some take a time that grows with each of many uses."""

    @functools.wraps(filtered)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(one, str) and len(one) > MAX_VALUE for one in args):
            raise SecurityError(f"a filter takes a text of at most {MAX_VALUE} characters")
        return filtered(*args, **kwargs)

    return checked


class _MailSandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, closed further: values are mappings, text and numbers, nothing else."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "_items", [], [], None, None, lineno=loop.lineno)
        return tree

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _LOOP_FIELDS:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        name = argument if isinstance(argument, str) else None
        return self.undefined(obj=obj, name=name, hint=f"there is no field '{name}'")

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        if obj is not _range and obj is not context.resolve("link"):
            raise SecurityError("only link(…) and range(…) can be called")
        return obj(*args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if not isinstance(side, int | float) or abs(side) > MAX_NUMBER:
                raise SecurityError(f"'{operator}' is for numbers up to {MAX_NUMBER}; join with ~")
        if operator == "**":
            raise SecurityError("'**' is not available")
        return super().call_binop(context, operator, left, right)


def _sandbox(autoescape: bool) -> _MailSandbox:
    def printed(value: Any) -> Any:
        return "" if value is None else value

    environment = _MailSandbox(
        undefined=StrictUndefined,
        autoescape=autoescape,
        finalize=printed,
        keep_trailing_newline=True,
    )
    own: dict[str, Callable[..., Any]] = {"fallback": _fallback, "full_name": _full_name}
    own["lines"] = _lines if autoescape else str
    builtin = environment.filters
    environment.filters = {name: _short(own.get(name) or builtin[name]) for name in FILTERS}
    environment.filters["_items"] = _items
    environment.tests = {name: environment.tests[name] for name in TESTS}
    environment.globals = {"range": _range}
    return environment


_HTML = _sandbox(autoescape=True)
_TEXT = _sandbox(autoescape=False)


@functools.lru_cache(maxsize=512)
def _words(source: str) -> Template:
    return _TEXT.from_string(source)


@functools.lru_cache(maxsize=512)
def _templates(compiled: CompiledTemplate) -> tuple[Template, Template, Template]:
    """Subject, HTML and text, compiled to Python once for each content."""
    return (
        _TEXT.from_string(compiled.subject),
        _HTML.from_string(compiled.html),
        _TEXT.from_string(compiled.text),
    )
