"""Texts of people that would burn the processor: refused, in a moment, before they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.authoring.yaml_source import read
from domain.email.rendering import TemplateError, compile_template
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import read_lead_file
from domain.lead_files.rejects import REJECT_COLUMNS, as_meant, defused
from domain.rules.conditions import ConditionError, compile_condition
from domain.rules.facts import SOME_DAY, prepared

SOON = 10.0
"""Seconds: a generous bound on a busy machine. Each attack took minutes or ended never."""

_TEN = "[" + ",".join("1" * 10) + "]"


def _nested(depth: int) -> str:
    inner = "true"
    for level in range(depth):
        inner = f"{_TEN}.all(x{level}, {inner})"
    return inner


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    began = time.monotonic()
    result = work()
    assert time.monotonic() - began < seconds
    return result


@pytest.mark.parametrize(
    "bomb",
    [
        _nested(7),
        _nested(40),
        _nested(7).replace(".all(", " . \n all // \n ("),
        f'score > 1 || "a" == "" || {_nested(7)}',
        f'r"\\" == "" || {_nested(7)} || r"\\" == ""',
        "lead.attributes.x" + ".map(a, a + a)" * 90 + ".size() > 0",
        "lead.attributes.x" + ".map(a, [a, a])" * 90 + ' == ["x"]',
        "[" + "1," * 900 + "1].all(x, x > 0)",
        '"a"' + ' + "a"' * 400 + ' == ""',
        "(" * 900 + "true" + ")" * 900,
        "[" * 900 + "]" * 900,
        r'lead.title.matches("(\\w{1,20}){1,20}b")',
        r'lead.title.matches("\\w{500}b")',
        'lead.title.matches("' + r"\\w*" * 40 + '") || lead.title.matches("' + r"\\d*" * 40 + '")',
        r'["a", "b"].exists(x, x.matches("' + r"\\w*" * 40 + '"))',
        "lead.title.matches(lead.company)",
        f'""" == "" || {_nested(7)} || """ == ""',
    ],
)
def test_a_condition_that_would_burn_is_refused_before_it_runs(bomb: str) -> None:
    """A text of 214 characters stopped the web app for everybody for 13 seconds."""

    def refused() -> None:
        with pytest.raises(ConditionError):
            compile_condition(bomb)

    _within(SOON, refused)


_LONG = {"lead": {"title": "a" * 100_000, "attributes": {str(n): "a" * 9000 for n in range(9000)}}}


@pytest.mark.parametrize(
    "condition",
    [
        "lead.attributes.all(name, name != '')",
        "lead.attributes.map(name, name).size() > 0",
        "lead.attributes.filter(name, true).size() > 0",
        "lead.attributes == lead.attributes",
        r'lead.title.matches("(?i)^(chief|head)\\b.*(sales|marketing)")',
        'lead.attributes.exists(name, name.contains("beta"))',
    ],
)
def test_enormous_facts_cost_a_moment(condition: str) -> None:
    """Everybody who writes a lead's attributes could otherwise make each rule take seconds."""
    compiled = compile_condition(condition)

    _within(SOON, lambda: [compiled.verdict(prepared(_LONG, SOME_DAY)) for _ in range(5)])


_PIECES = """
lead.title lead.attributes score [1,2] ['a'] .all(x, .exists(x, .map(x, .filter(x, ) ( ] [ , x + ==
&& || true 'a' .contains( .matches('\\\\w{9}') in ! ? : > 1 {1: }
"""


@given(st.lists(st.sampled_from(_PIECES.split()), max_size=60).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_accepted_answers_soon(source: str) -> None:
    """What the check lets through runs with every event."""
    try:
        compiled = compile_condition(source)
    except ConditionError:
        return
    _within(SOON, lambda: compiled.verdict(prepared(_LONG, SOME_DAY)))


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 2000,
        "a: " + "{a: " * 2000,
        "- " * 3000 + "a",
        "".join(" " * level + "a:\n" for level in range(600)),
        "a:\n" + "- 1\n" * 50_000,
        "a: [" + "1," * 50_000 + "]",
        "a: &a [1, 1]\n" + "".join(f"b{n}: &a [*a, *a]\n" for n in range(40)),
    ],
)
def test_yaml_that_is_deep_or_long_is_refused_soon(text: str) -> None:
    """Four kilobytes of brackets took 13 seconds."""
    source = _within(SOON, lambda: read(text, "a.yaml"))

    assert source.problems


_FRAME = """---
subject: Hello
preheader: Hello
---
<mjml lang="en"><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>
</mj-body></mjml>"""

_FILTERS = "|upper|lower" * 17


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 10_000,
        "<!--" * 120_000,
        '<mj-include path="' * 5000,
        "<mj-include" + " " * 50_000,
        '{{ "' * 20_000,
        "{{ a" * 3000,
        "{% for c in '" + "a" * 5000 + "' %}{% if c" + _FILTERS + " %}{% endif %}{% endfor %}",
        "{% for c in lead.title|upper %}x{% endfor %}",
        "{% for i in range(100) %}" + ("{{ i" + _FILTERS + " }}") * 300 + "{% endfor %}",
        "{{ 9**9**9 }}",
        "{{ 'a' * 10**9 }}",
        "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
        "{{ " + "-" * 900 + "1 }}",
        "{% autoescape false %}x{% endautoescape %}",
        "{% autoescape false %}{{ lead.title }}{% endautoescape %}",
        "<b>" * 5000,
    ],
)
def test_a_template_that_would_burn_is_refused_soon(text: str) -> None:
    """Forty kilobytes of '<!--' stopped the web app for 13 seconds, a loop for as long with each
    mail that was sent."""

    def refused() -> None:
        with pytest.raises(TemplateError):
            compile_template(_FRAME.format(text), "a.en.mjml")

    _within(SOON, refused)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="java&#9;script:alert(1)//://x">x</a>',
        '<a href=" &#1;javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt&colon;alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="file:///etc/passwd">x</a>',
        '<img src="vbscript:x" alt="x" />',
        '<img srcset="https://a.example/1 1x, javascript:x 2x" alt="x" />',
        '<p background="javascript:x">x</p>',
        "<p style=\"background: url('javascript:x')\">x</p>",
        '<p style="width: expression(alert(1))">x</p>',
        "<script>alert(1)</script>",
        '<iframe src="https://a.example/"></iframe>',
        '<form action="https://a.example/"></form>',
        '<base href="https://a.example/" />',
        '<meta http-equiv="refresh" content="0" />',
        '<svg onload="x"></svg>',
        '<object data="https://a.example/"></object>',
        '<img src="https://a.example/" onerror="x" alt="" />',
        '<a href="java{{ lead.country }}">x</a>',
        '<a href="{{ lead.country }}">x</a>',
        '<p background="{{ lead.country }}">x</p>',
        '<p style="background: url({{ lead.country }})">x</p>',
        '<img src="https://a.example/" srcset="{{ lead.country }} 2x" alt="x" />',
        '<a href="{{ links.none|default(lead.country) }}">x</a>',
        '<a href="{{ link("https://a.example") if 0 else lead.country }}">x</a>',
    ],
)
def test_what_a_mail_program_would_run_is_refused_with_its_line(html: str) -> None:
    """A mail from the company's own sender, and the console's look at it, ran what it held."""
    with pytest.raises(TemplateError) as refused:
        compile_template(_FRAME.format(html), "a.en.mjml")

    assert refused.value.problems[0].line == 5


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://a.example/?q={{ lead.country }}">x</a>',
        '<a href="mailto:a@b.example">x</a>',
        '<a href="tel:+49301234">x</a>',
        '<a href="{{ link("https://a.example/x") }}">x</a>',
        '<p style="color: #123">x</p>',
    ],
)
def test_ordinary_links_stay(html: str) -> None:
    """Marketing could write no link otherwise."""
    compile_template(_FRAME.format(html), "a.en.mjml")


@given(st.text(alphabet="=+-@\t'|% ＝aé9,;\"\n", max_size=8))
def test_a_cell_is_text_to_a_spreadsheet_and_comes_back_as_it_was(cell: str) -> None:
    """A rejects file ran =HYPERLINK(…) of a stranger; a phone number must survive the cure."""
    held = defused(cell)

    assert not held.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert as_meant(held) == cell


def test_a_corrected_rejects_file_gives_the_same_values() -> None:
    """Phone numbers begin with a plus."""
    values = ["3", "4", "no address", "a@b.example", "+49 30 1234", "=1+1", "'+1"]
    header = [*REJECT_COLUMNS, "email", "phone", "note", "other"]
    text = "\n".join(",".join(map(defused, row)) for row in (header, values))

    assert [record.values for record in read_lead_file(text.encode()).records()] == [values]


def test_a_lead_file_with_thousands_of_columns_is_refused() -> None:
    """The page that asks what each of 4,000 columns means took 22 seconds."""
    data = (",".join(f"c{n}" for n in range(4000)) + "\n" + "x," * 3999 + "x\n").encode()

    def refused() -> None:
        with pytest.raises(LeadFileError, match="4,000 columns"):
            read_lead_file(data)

    _within(SOON, refused)
