"""What harms a mail on its way or before its reader is told before it is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.brand.policy import DEFAULT, brand_fields
from domain.email.checked import check_template
from domain.email.contrast import colour_of, contrast, shown_texts
from domain.email.delivery_checks import delivery_warnings
from domain.email.rendering import compile_template, render
from domain.email.trial import sample_fields
from tests.domain.test_shipped_templates import FILES, PARTS, is_about_a_meeting
from tests.support.html_validity import mistakes_in

BRAND = brand_fields(DEFAULT, "en", "")
MAIL = """\
---
subject: A subject
preheader: What comes behind it
---
<mjml lang="en">
  <mj-include path="_head.mjml" />
  <mj-body>
    <mj-section>
      <mj-column>
        {}
      </mj-column>
    </mj-section>
    <mj-include path="_footer.en.mjml" />
  </mj-body>
</mjml>
"""


def warnings(inside: str) -> list[str]:
    """The warnings about a mail that says this."""
    source = MAIL.format(inside)
    compiled, problems = check_template("spring", source, "spring.en.mjml", PARTS)
    assert problems == []
    assert compiled is not None
    found = delivery_warnings(compiled, source, "spring.en.mjml", PARTS, BRAND, meeting=False)
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("inside", "line", "words"),
    [
        (
            '<mj-text><a href="{{ link("https://bit.ly/x") }}">Here</a></mj-text>',
            10,
            "bit.ly hides",
        ),
        ('<mj-text><a href="https://192.0.2.1/x">Here</a></mj-text>', 10, "is a number"),
        ('<mj-button href="http://shop.test/x">Go</mj-button>', 10, "without encryption"),
        (
            '<mj-text>\n<a href="https://a.test/">www.bank.test</a></mj-text>',
            11,
            "the words say www.bank.test and the link leads to a.test",
        ),
        ('<mj-text>\n\n<p style="color: #999">Faint words</p></mj-text>', 12, "2.8, and 4.5"),
        (
            '<mj-button background-color="#ffcc00" href="https://a.test">Pale</mj-button>',
            10,
            "“Pale” is hard to read: #ffffff on #ffcc00",
        ),
        ('<mj-image src="https://a.test/a.png" />', 10, "no alternative text"),
        ('<mj-image src="https://a.test/a.png" alt=" " />', 10, "no alternative text"),
        ('<mj-text><p style="position: absolute">Up</p></mj-text>', 10, "'position' does not work"),
        ('<mj-text><p style="display: grid">Up</p></mj-text>', 10, "'display: grid'"),
        ("<mj-text>" + "<p>긴 말</p>" * 9_000 + "</mj-text>", 5, "Gmail cuts it at"),
        ("<mj-text>" + '<a href="https://a.test">a</a> ' * 30 + "</mj-text>", 5, "links are more"),
        ('<mj-image src="https://a.test/a.png" alt="A van" />' * 3, 5, "beside 3 pictures"),
    ],
    ids=range(13),
)
def test_a_warning_says_where_and_what_to_do(inside: str, line: int, words: str) -> None:
    """Who is told only that a mail may be spam changes the wrong thing."""
    found = [one for one in warnings(inside) if words in one]
    assert found, warnings(inside)
    assert found[0].startswith(f"spring.en.mjml:{line}:")


def test_what_no_program_understands_is_passed_over() -> None:
    """Else a slip in a size, or an address that looks like one of ours, ends a check with an error
    of the server's."""
    assert list(shown_texts('<p style="font-size:1.2.3px">A</p>'))
    warnings('<mj-text><a href="https://tracked.example/x">A</a></mj-text>')
    warnings('<mj-text><a href="https://tracked.example/7/">A</a></mj-text>')


def test_a_mail_as_it_should_be_has_no_warnings() -> None:
    """A warning that is always there is read by nobody."""
    assert (
        warnings(
            '<mj-text><p>Two vans were idle on Monday, and nobody had noticed. <a href="'
            '{{ link("https://www.lindenmoor.test/vans") }}">lindenmoor.test</a> says how that is '
            'found in ten minutes.</p></mj-text><mj-image src="https://a.test/a.png" alt="A van" />'
            '<mj-button href="{{ link("https://lindenmoor.test/vans") }}">Read on</mj-button>'
        )
        == []
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_shipped_mail_is_valid_and_shown_by_all_programs(file: Path) -> None:
    """They are what marketing begins from: their faults would be everybody's."""
    source, meeting = file.read_text("utf-8"), is_about_a_meeting(file)
    compiled = compile_template(source, file.name, PARTS)
    assert delivery_warnings(compiled, source, file.name, PARTS, BRAND, meeting=meeting) == []
    assert mistakes_in(render(compiled, sample_fields(meeting=meeting)).html) == []


def test_contrast_is_that_of_wcag() -> None:
    """Else the words that pass would be no easier to read."""
    white = colour_of("#fff")
    assert white is not None
    assert contrast(white, (0, 0, 0)) == pytest.approx(21)
    grey = colour_of("rgb(118, 118, 118)")
    assert grey is not None
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)


def test_colours_of_rules_and_of_large_words_are_known() -> None:
    """A rule for links in a class, as the head of mails has it, colours words too."""
    html = (
        "<style>.small a { color: #777777; } @media (max-width: 1px) { p { color: #fff; } }</style>"
        '<div class="small"><p>Black <a href="x">grey</a></p></div>'
        '<h2 style="color:#888888">Large</h2><div style="display:none">Hidden</div>'
    )
    seen = {one.text: one for one in shown_texts(html)}
    assert seen["Black"].colour == (0, 0, 0)
    assert seen["grey"].colour == (0x77, 0x77, 0x77)
    assert seen["Large"].is_large
    assert "Hidden" not in seen
