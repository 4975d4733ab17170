"""The brand policy: how mails look, and what must stand under them whatever somebody writes."""

from __future__ import annotations

from typing import Any

import pytest

from domain.authoring.yaml_source import validate
from domain.brand.colors import contrast, readable_on
from domain.brand.policy import DEFAULT, BrandPolicy, brand_fields
from domain.checking.checked import CheckedTexts, check_texts
from domain.email.checked import check_template
from domain.email.rendering import TemplateError, compile_template, render
from services.template_parts import TEMPLATES, template_parts
from settings import ROOT
from tests.support.mail_fields import FIELDS

SHIPPED = (ROOT / "cadences" / "brand.yaml").read_text(encoding="utf-8")
PARTS = template_parts(TEMPLATES)
BASE = "https://go.example"
IMAGE = f"{'a1' * 32}.png"
MAIL = """\
---
subject: Hello there, this is it
preheader: What the list shows
---
<mjml lang="en">
  <mj-include path="_head.mjml" />
  <mj-body>
    <mj-include path="_header.mjml" />
    <mj-section><mj-column>
      <mj-text><p>Words</p></mj-text>
      <mj-button href="{{ links.booking }}">Book</mj-button>
      <mj-include path="_signature.en.mjml" />
    </mj-column></mj-section>
    <mj-include path="_footer.en.mjml" />
  </mj-body>
</mjml>
"""


def brand(**changed: Any) -> BrandPolicy:
    return DEFAULT.model_copy(update=changed)


def mail(policy: BrandPolicy, language: str = "en") -> tuple[str, str]:
    fields = FIELDS | {"brand": brand_fields(policy, language, BASE)}
    rendered = render(compile_template(MAIL, "m.en.mjml", PARTS), fields)
    return rendered.html, rendered.text


def mistakes(changed: str, into: str) -> list[str]:
    assert changed in SHIPPED
    policy, problems = validate(BrandPolicy, SHIPPED.replace(changed, into, 1), "brand.yaml")
    assert (policy is None) == bool(problems)
    return [one.message for one in problems]


def test_the_shipped_file_says_what_holds_without_it() -> None:
    """Else publishing a file that nobody has changed would change every mail."""
    policy, problems = validate(BrandPolicy, SHIPPED, "brand.yaml")

    assert (policy, problems) == (DEFAULT, [])


def test_a_published_mail_takes_on_the_company_as_it_is_now() -> None:
    """Else each mail would have to be published anew after the company has another colour."""
    policy, problems = validate(
        BrandPolicy,
        SHIPPED.replace("company: Lindenmoor\n", f"company: Acme\nlogo: {{image: {IMAGE}}}\n", 1)
        .replace('button: "#1f5c43"', 'button: "#0b3d91"')
        .replace('background: "#ffffff"', 'background: "#f4efe6"')
        .replace("font: helvetica", "font: georgia"),
        "brand.yaml",
    )
    assert policy is not None, problems
    html, text = mail(policy)

    assert f'src="{BASE}/images/{IMAGE}" alt="Acme" width="160"' in html
    assert 'bgcolor="#0b3d91"' in html
    assert "body { background-color: #f4efe6; }" in html
    assert "font-family:Georgia, 'Times New Roman', Times" in html
    assert "Lindenmoor" not in html
    assert text.startswith("Acme\n"), "the logo's text stands in the plain text too"


@pytest.mark.parametrize(
    ("language", "footer", "way_out"),
    [
        ("en", "You get this because you asked Lindenmoor", "unsubscribe"),
        ("ko-KR", "린든무어에 정보를 신청하셨거나", "수신 거부 (Unsubscribe)"),
        ("zh", "您向 Lindenmoor 索取过信息", "退订"),
        ("de", "You get this because you asked Lindenmoor", "unsubscribe"),
    ],
)
def test_a_footer_speaks_the_language_of_its_mail(language: str, footer: str, way_out: str) -> None:
    """Else a lead is told in a foreign language how to get no more mail."""
    html, text = mail(DEFAULT, language)

    for part in (html, text):
        assert footer in part
        assert way_out in part
        assert "1 Lane" in part
        assert FIELDS["links"]["unsubscribe"] in part


@pytest.mark.parametrize(
    ("changed", "into", "said"),
    [
        ("    unsubscribe: unsubscribe\n", "", "unsubscribe"),
        ("unsubscribe: unsubscribe", "unsubscribe: ''", "at least 1 character"),
        ("preferences: Choose what you get", "preferences: '  '", "at least 1 character"),
        ("company: Lindenmoor\n", "company: Lindenmoor\npostal_address: ''\n", "at least 1"),
        ("  en:\n", "  de:\n", "no words in English"),
        ('text: "#24302b"', 'text: "#9aa39e"', "contrast is 2.6 to 1"),
        ('button: "#1f5c43"', 'button: "#ff8800"', "can't be read by everybody"),
        ('background: "#ffffff"', 'background: "#000000"', "can't be read by everybody"),
        ('text: "#24302b"', "text: red", "is no colour"),
        ('text: "#24302b"', 'text: "#123456; background: url(x)"', "is no colour"),
        ("font: helvetica", "font: Comic Sans", "helvetica"),
        ("between: or", 'between: "a\\nb"', "write it in one line"),
        ("asked {company} for", "asked {{ lead.email }} for", "only {company} can stand in braces"),
        ("company: Lindenmoor\n", "company: L\nlogo: {image: ../../etc/passwd}\n", "image"),
        ("company: Lindenmoor\n", "company: L\nsender: {name: X, email: nobody}\n", "no address"),
        ("company: Lindenmoor\n", "company: L\ncolour: red\n", "colour"),
    ],
)
def test_what_would_make_mails_unlawful_or_hard_to_read_is_refused(
    changed: str, into: str, said: str
) -> None:
    """Else thousands of mails go out without a way to unsubscribe, or that nobody can read."""
    assert said in " ".join(mistakes(changed, into))


def test_an_unreadable_colour_is_refused_with_the_nearest_that_can_be_read() -> None:
    """Else whoever has a company's colour to keep to guesses one shade after the other."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    nearest = readable_on("#777777", "#ffffff")
    assert nearest == "#767676" or contrast(nearest, "#ffffff") >= 4.5
    assert f"such as {readable_on('#ffffff', '#ff8800')}" in " ".join(
        mistakes('button: "#1f5c43"', 'button: "#ff8800"')
    )


def test_words_of_footers_are_text_in_every_mail() -> None:
    """Else whoever writes a footer could have mails run or load what they must not."""
    words = DEFAULT.languages["en"].model_copy(update={"footer": '<img src=x onerror="a()"> & so'})
    html, _text = mail(brand(languages={"en": words}, company='A "B" <c>'))

    assert "&lt;img src=x onerror=&#34;a()&#34;&gt; &amp; so" in html
    assert "<c>" not in html


def test_styles_of_the_brand_stand_where_styles_do_and_nothing_else_does() -> None:
    """Else a lead's name could stand in a style sheet, where nothing is escaped."""
    for wrong in (
        "<mj-text color=\"{{ lead.first_name|fallback('x') }}\">x</mj-text>",
        '<mj-text color="{{ brand.company }}">x</mj-text>',
        '<mj-image src="{{ brand.company }}" alt="x" />',
        '<mj-section background-url="{{ brand.font }}"></mj-section>',
    ):
        with pytest.raises(TemplateError):
            compile_template(MAIL.replace("<mj-text><p>Words</p></mj-text>", wrong), "m", PARTS)
    right = '<mj-text color="{{ brand.link_color }}"><p>x</p></mj-text>'
    source = MAIL.replace("<mj-text><p>Words</p></mj-text>", right)
    assert check_template("m", source, "m.en.mjml", PARTS)[1] == []


def test_senders_of_topics_that_no_mail_has_are_a_mistake() -> None:
    """Else the mails of a topic come from somebody else, and nobody knows why."""
    consent = (ROOT / "cadences" / "consent.yaml").read_text(encoding="utf-8")
    senders = "senders:\n  nurtur: {name: Guides, email: guides@lindenmoor.example}\nlanguages:"
    checked = CheckedTexts()
    texts = {"consent.yaml": consent, "brand.yaml": SHIPPED.replace("languages:", senders)}
    check_texts(checked, texts, {}, set())

    (problem,) = (one for one in checked.problems if one.file == "brand.yaml")
    assert "does not name the topic 'nurtur'" in problem.message
    assert "nurture" in problem.message
