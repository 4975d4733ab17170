"""Rendering: what a template may do, what it must not, and what is said about its mistakes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest

from domain.brand.policy import DEFAULT, brand_fields
from domain.email.rendering import (
    MAX_OUTPUT,
    CompiledTemplate,
    RenderError,
    TemplateError,
    check_fields,
    compile_template,
    render,
)

HOSTILE = '<script>alert("x")</script> & Söhne'


def template(body: str, subject: str = "Hello", preheader: str = "Short") -> str:
    """A template file whose one column holds ``body``, which begins on line 6."""
    return (
        f"---\nsubject: {subject}\npreheader: {preheader}\n---\n"
        "<mjml><mj-body><mj-section><mj-column>\n"
        f"{body}\n"
        "</mj-column></mj-section></mj-body></mjml>\n"
    )


def fields(**lead: Any) -> dict[str, Any]:
    return {
        "lead": {
            "first_name": "Ann",
            "last_name": "Lee",
            "title": "",
            "company": "Acme",
            "country": "GB",
            "language": "en",
            "attributes": {},
            **lead,
        },
        "sender": {"name": "Sam", "email": "sam@example.com", "title": ""},
        "links": {"unsubscribe": "https://go.example/u", "booking": "https://go.example/b?a=1&b=2"},
        "brand": brand_fields(DEFAULT, "en", "https://go.example"),
        "postal_address": "1 Lane",
        "link": lambda url: f"https://go.example/l?to={url}&x=1",
    }


def rendered(body: str, data: Mapping[str, Any] | None = None, **head: str) -> Any:
    return render(compile_template(template(body, **head), "t.mjml"), data or fields())


def problems_of(body: str, **head: str) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        compile_template(template(body, **head), "t.mjml")
    return [str(problem) for problem in caught.value.problems]


def test_a_hostile_name_is_escaped_in_html_and_left_alone_in_text() -> None:
    mail = rendered("<mj-text>Hi {{ lead.first_name }}</mj-text>", fields(first_name=HOSTILE))
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert f"Hi {HOSTILE}\n" == mail.text


def test_a_name_with_line_breaks_cannot_add_a_header() -> None:
    name = "Ann\r\nBcc: victim@example.com\x0b\u2028\x00x"
    mail = rendered(
        "<mj-text>x</mj-text>", fields(first_name=name), subject="{{ lead.first_name }}"
    )
    assert mail.subject == "Ann Bcc: victim@example.com x"


def test_a_missing_field_fails_the_mail_instead_of_leaving_a_hole() -> None:
    with pytest.raises(RenderError, match="field 'nope'"):
        rendered("<mj-text>{{ lead.nope }}</mj-text>")


def test_a_render_error_tells_nothing_about_the_lead() -> None:
    data = fields(first_name="Rosalind")
    data["link"] = lambda url: int(url and data["lead"]["first_name"])
    with pytest.raises(RenderError) as caught:
        rendered('<mj-text>{{ link("https://example.com") }}</mj-text>', data)
    assert "Rosalind" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "expression",
    [
        "lead.__class__",
        "''.__class__.__mro__",
        "lead['__class__']",
        "lead|attr('__class__')",
        "link.__globals__",
        "lead.first_name.upper()",
        "lead.first_name.format(lead)",
        "self._TemplateReference__context",
        "cycler.__init__.__globals__",
        "namespace()",
        "lipsum(1000)",
        "lead.first_name|safe",
        "'%999999999d'|format(1)",
        "9**9**9",
        "link(lead.first_name)",
        "link('javascript:alert(1)')",
        "lead[lead.first_name]",
        "[1, 2]|map('upper')",
    ],
)
def test_an_untrusted_template_is_refused_before_it_is_published(expression: str) -> None:
    assert problems_of(f"<mj-text>{{{{ {expression} }}}}</mj-text>")[0].startswith("t.mjml:6:")


@pytest.mark.parametrize(
    "source",
    [
        "{{ lead.__class__ }}",
        "{{ lead.items }}",
        "{{ lead.first_name.upper() }}",
        "{{ ''['__class__'] }}",
        "{{ 'a' * 1000000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 999999999 * 999999999 * 999999999 }}",
        "{% for x in range(1000000) %}{% endfor %}",
        "{% for x in range(100) %}" + "x" * (MAX_OUTPUT // 100 + 1) + "{% endfor %}",
    ],
)
def test_the_sandbox_holds_even_for_a_template_nobody_checked(source: str) -> None:
    with pytest.raises(RenderError):
        render(CompiledTemplate("s", "p", source, "t"), fields())


@pytest.mark.parametrize(
    "tag",
    ["{% set a = 1 %}", "{% include 'x' %}", "{% import 'x' as y %}", "{% raw %}{% endraw %}x"],
)
def test_other_block_tags_are_refused_or_harmless(tag: str) -> None:
    assert problems_of(f"<mj-text>{tag}</mj-text>")


def test_loops_cannot_be_nested() -> None:
    loop = "{% for a in range(9) %}{% for b in range(9) %}x{% endfor %}{% endfor %}"
    assert "inside a for" in problems_of(f"<mj-text>{loop}</mj-text>")[0]


def test_jinja_survives_mjml_in_text_links_and_between_elements() -> None:
    mail = rendered(
        """{# not seen #}<!-- {{ nor_this }} -->
        <mj-text>A &amp; B &mdash; {{ lead.company }}</mj-text>
        {% if lead.country == "GB" and 1 < 2 %}
        <mj-text><ul>{% for n in range(2) %}<li>n{{ n }}</li>{% endfor %}</ul></mj-text>
        {% else %}
        <mj-text>elsewhere</mj-text>
        {% endif %}
        <mj-button href="{{ link("https://example.com/?a=1&b=2") }}">
          Go {{ lead.company }}
        </mj-button>
        <mj-text>See <a href="{{ links.booking }}">my <b>times</b></a> or
        <a href="mailto:{{ sender.email }}">{{ sender.email }}</a>.</mj-text>
        <mj-image src="https://example.com/p.png" alt="한글 {{ lead.company }}"
          href="{{ link('https://example.com/p') }}" />"""
    )
    assert mail.text == (
        "A & B — Acme\n\n- n0\n- n1\n\n"
        "Go Acme: https://go.example/l?to=https://example.com/?a=1&b=2&x=1\n\n"
        "See my times (https://go.example/b?a=1&b=2) or sam@example.com.\n\n"
        "한글 Acme: https://go.example/l?to=https://example.com/p&x=1\n"
    )
    assert 'href="https://go.example/l?to=https://example.com/?a=1&amp;b=2&amp;x=1"' in mail.html
    assert "elsewhere" not in mail.html + mail.text
    assert 'alt="한글 Acme"' in mail.html
    assert "zqtag" not in mail.html + mail.text


@pytest.mark.parametrize("path", ["设置 > 通知", "설정>알림", "Préféré > Avis", "👍> a > é>"])
@pytest.mark.parametrize(
    "where", ["{}", "<b>{}</b>", "<p title='{}'>{}</p>", "{{{{ lead.title }}}}{}"]
)
def test_a_way_through_a_menu_is_said_in_any_script(path: str, where: str) -> None:
    """The compiler's parser ends in a panic at ">" after letters that take several bytes; whoever
    checks such a mail would see the web app fail."""
    mail = rendered(f"<mj-text>{where.format(path, path)}</mj-text>")
    assert path in unescape(mail.html)
    assert path in mail.text


def test_braces_written_as_entities_stay_what_they_are() -> None:
    """A mail about templates must not become one."""
    mail = rendered("<mj-text>Write &#123;&#123; name }} here</mj-text>")
    assert mail.text == "Write {{ name }} here\n"


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ("<mj-text>{{ lead.company </mj-text>", "6:10", "never closed"),
        ("<mj-text>{% if lead.company %}x</mj-text>", "", "endif"),
        ('<mj-text color="{{ lead.company }}">x</mj-text>', "6:17", "cannot stand in 'color'"),
        ('<mj-text><a href="{% if 1 %}x{% endif %}">x</a></mj-text>', "6:19", "cannot stand"),
        ('<mj-text><a href="{{ lead.company }}">x</a></mj-text>', "6:19", "an address comes from"),
        ('<mj-text><a href="javascript:x">x</a></mj-text>', "6:10", "https://"),
        ("<mj-text><b>x</mj-text>", "6:14", "out of order"),
        ("<mj-txet>x</mj-txet>", "6:1", "Did you mean 'mj-text'"),
        ("{{ lead.company }}", "6:1", "must stand inside an mj-text"),
        ("hello", "6:1", "outside an mj-text"),
        ("<mj-section>x</mj-section>", "6:1", "must stand directly in"),
        ("<mj-text>{% if 1 %}</mj-text>{% endif %}", "6:10", "must end inside the same <mj-text>"),
        ('<mj-include path="_foot.mjml" />', "6:1", "no part '_foot.mjml'"),
        ("<mj-text>\n  {{ lead.company|uper }}</mj-text>", "7:18", "Did you mean 'upper'"),
        ("</mj-column><mj-social></mj-social><mj-column>", "6:13", "no plain-text form"),
    ],
)
def test_a_mistake_is_named_at_its_line_and_column(body: str, place: str, words: str) -> None:
    found = problems_of(body)
    assert any(f"t.mjml:{place}" in problem and words in problem for problem in found), found


@pytest.mark.parametrize(
    "body",
    [
        "<mj-text>" + "<b>" * 30_000,
        "<mj-text>" + "{% if 1 %}" * 3_000 + "{% endif %}" * 3_000 + "</mj-text>",
        "<mj-text>{{ " + "not " * 20_000 + "1 }}</mj-text>",
        "<mj-text>" + "{% if 1 %}" * 60 + "{% endif %}" * 60 + "</mj-text>",
        "<mj-text>" + "{{" * 45_000,
        "x" * 100_001,
    ],
)
def test_a_template_made_to_exhaust_the_machine_is_refused_with_a_sentence(body: str) -> None:
    assert re.match(
        r"t\.mjml:\d+:\d+: .*(deep|never closed|longer|more than)", problems_of(body)[0]
    )


def test_a_block_between_sections_columns_says_where_blocks_may_stand() -> None:
    source = template("<mj-text>x</mj-text>").replace("<mj-section>", "<mj-section>{% if 1 %}")
    with pytest.raises(TemplateError, match="between the elements of mj-column or mj-body"):
        compile_template(source.replace("</mj-section>", "{% endif %}</mj-section>"), "t.mjml")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<mjml></mjml>", "must begin with '---'"),
        ("---\nsubject: x\n---\n<mjml></mjml>", "preheader is missing"),
        ("---\nsubject:\npreheader: x\n---\n<mjml></mjml>", "subject is empty"),
        ("---\nsubjekt: x\npreheader: x\n---\n<mjml></mjml>", "Did you mean 'subject'"),
    ],
)
def test_a_front_matter_with_a_mistake_is_refused(source: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        compile_template(source, "t.mjml")


def test_a_mistake_in_a_shared_part_is_named_in_that_part() -> None:
    parts = {"_foot.mjml": "<mj-text>\n  {{ postal_adress }}\n</mj-text>"}
    source = template('<mj-text>x</mj-text><mj-include path="_foot.mjml" />')
    (problem,) = check_fields(source, "templates/t.mjml", parts)
    assert str(problem).startswith("templates/_foot.mjml:2:6: unknown merge field")
    assert "Did you mean 'postal_address'" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{{ lead.frist_name|fallback('x') }}",
            "t.mjml:7:6: unknown merge field 'lead.frist_name'",
        ),
        ("{% if led.company %}x{% endif %}", "t.mjml:7:9: unknown merge field 'led.company'"),
        ("{{ lead.company }}", "t.mjml:7:6: 'lead.company' may be empty"),
        ("{{ lead.company|default('x') }}", "may be empty"),
        ("{{ lead|full_name }}", "may have no name"),
        ("{{ lead.attributes.plan }}", "t.mjml:7:6: 'lead.attributes.plan' is not there for every"),
        ("{% if lead.attributes.plan %}x{% endif %}", "is not there for every lead"),
        ("{{ lead.attributes.plan|upper|fallback('x') }}", "is not there for every lead"),
        ("{% if not lead.company %}{{ lead.company }}{% endif %}", "may be empty"),
        ("{{ meeting.starts_at }}", "in the mails about a meeting only"),
        ("{{ lead.company.name }}", "unknown merge field 'lead.company.name'"),
    ],
)
def test_a_field_that_would_leave_a_hole_is_found_by_lint(text: str, words: str) -> None:
    found = check_fields(template(f"<mj-text>\n  {text}</mj-text>"), "t.mjml")
    assert any(words in str(problem) for problem in found), found


@pytest.mark.parametrize(
    "text",
    [
        "{{ lead.first_name|fallback('there') }} {{ lead.company|default('x', true) }}",
        "{{ (lead.last_name ~ lead.first_name)|fallback('x') }} {{ lead.title or 'x' }}",
        "{{ lead|full_name|fallback('x') }} {{ lead.country }}",
        "{% if lead.company %}{{ lead.company|upper }}{% elif lead.title %}T{% endif %}",
        "{{ lead.attributes.plan|fallback('free')|title }}",
        "{% if lead.attributes.plan is defined %}{{ lead.attributes.plan }}{% endif %}",
        "{% for n in range(3) %}{{ loop.index }} {{ n }}{% endfor %}",
        "{{ link('https://example.com/x') }} {{ links.booking }} {{ postal_address }}",
    ],
)
def test_careful_use_of_fields_passes_and_renders_for_an_empty_lead(text: str) -> None:
    source = template(f"<mj-text>{text}</mj-text>")
    assert check_fields(source, "t.mjml") == []
    empty = fields(first_name="", last_name="", company="", title="")
    assert "None" not in render(compile_template(source, "t.mjml"), empty).text


def test_a_misspelt_field_in_the_subject_is_found_there() -> None:
    source = template("<mj-text>x</mj-text>", subject="For {{ lead.compny|fallback('you') }}")
    (problem,) = check_fields(source, "t.mjml")
    assert (problem.line, problem.column) == (2, 17)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [("민준", "김", "김민준"), ("Minjun", "Kim", "Minjun Kim"), ("", "김", "김"), (None, "", "x")],
)
def test_a_full_name_follows_the_order_of_its_script(first: Any, last: str, expected: str) -> None:
    data = fields(first_name=first, last_name=last)
    assert rendered("<mj-text>{{ lead|full_name|fallback('x') }}</mj-text>", data).text == (
        f"{expected}\n"
    )


def test_an_attribute_named_like_a_python_method_is_still_the_attribute() -> None:
    data = fields(attributes={"items": "40 vans"})
    assert rendered("<mj-text>{{ lead.attributes.items|fallback('') }}</mj-text>", data).text == (
        "40 vans\n"
    )


def test_a_compiled_template_survives_json_and_follows_its_shared_parts() -> None:
    source = template('<mj-include path="_x.mjml" />')
    first = compile_template(source, "t.mjml", {"_x.mjml": "<mj-text>one</mj-text>"})
    second = compile_template(source, "t.mjml", {"_x.mjml": "<mj-text>two</mj-text>"})
    assert CompiledTemplate.from_dict(first.as_dict()) == first
    assert first != second


def test_the_preheader_is_hidden_text_at_the_top_of_the_html_only() -> None:
    source = template("<mj-text>body</mj-text>", preheader="For {{ lead.company }} <now>")
    head = "<mjml><mj-head><mj-preview>{{ preheader }}</mj-preview></mj-head>"
    mail = render(compile_template(source.replace("<mjml>", head), "t.mjml"), fields(company="A&B"))
    assert re.search(r"display:none[^>]*>\s*For A&amp;B &lt;now&gt;", mail.html)
    assert mail.text == "body\n"
