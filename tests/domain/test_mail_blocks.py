"""A mail's blocks in a form: what is written by hand comes back as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from domain.email.blocks.addresses import Address, address_typed, mistake_of
from domain.email.blocks.arranging import copy, found_at, insert, move, put, remove, with_columns
from domain.email.blocks.editable import editable, rich_from
from domain.email.blocks.merge_choice import MergeChoice, choice_of, code_of
from domain.email.blocks.model import (
    Button,
    Divider,
    Heading,
    Image,
    Mail,
    MailColumn,
    Raw,
    Section,
    SharedPart,
    Spacer,
    Text,
    afresh,
)
from domain.email.blocks.reading import blocks_of
from domain.email.blocks.rich import (
    Break,
    Bullets,
    Field,
    Inline,
    Link,
    Paragraph,
    RichText,
    Styled,
    Words,
    links_of,
    tidy,
    without_emptiness,
)
from domain.email.blocks.writing import written_mail
from domain.email.rendering import CompiledTemplate, compile_template
from tests.domain.test_shipped_templates import FILES, PARTS

EMPTY = """\
---
subject: A subject
preheader: What comes behind it
---
<mjml lang="en">
  <mj-include path="_head.mjml" />
  <mj-body>
  </mj-body>
</mjml>
"""


def _is_filled(inside: tuple[Inline, ...]) -> bool:
    """Whether it neither begins nor ends with what reading takes away, and holds something."""
    ends = (*inside[:1], *inside[-1:])
    return bool(inside) and not any(
        isinstance(one, Break) or (isinstance(one, Link | Styled) and not one.inside)
        for one in (*ends, *inside)
        if one in ends or not isinstance(one, Break)
    )


# Not zqtag…zq, which stands for a tag while a mail is compiled.
_LETTERS = some.text(
    some.one_of(
        some.sampled_from(" abc<>&\"'{}%#\xa0;.-é"),
        some.characters(codec="utf-8", exclude_categories=["C", "Z"]),
    ),
    max_size=12,
).filter(lambda text: "zqtag" not in text)
_WORDS = _LETTERS.map(lambda text: Words(re.sub(r" +", " ", text)))
_FIELDS = some.sampled_from(
    [' lead.first_name|fallback("there") ', "lead|full_name|fallback('you')", " sender.name "]
).map(Field)
_ADDRESSES = some.sampled_from(
    [
        Address("tracked", "https://example.com/a?b=1&c=2"),
        Address("plain", "https://example.com/a?b=1&c=2"),
        Address("plain", "https://example.com/?a=1&region=kr&timestamp=5&copy=1&not=2&amp;&lt"),
        Address("plain", "mailto:clara@example.com"),
        Address("own", "links.booking"),
    ]
)
_FLAT = some.lists(some.one_of(_WORDS, _FIELDS), min_size=1, max_size=3).map(tidy)
_INLINE = (
    some.lists(
        some.one_of(
            _WORDS,
            _FIELDS,
            some.just(Break()),
            _FLAT.map(lambda inside: Styled("b", inside)),
            _FLAT.map(lambda inside: Styled("em", inside)),
            some.tuples(_ADDRESSES, _FLAT).map(lambda pair: Link(*pair)),
        ),
        min_size=1,
        max_size=5,
    )
    .map(tidy)
    .filter(_is_filled)
)
_PARAGRAPHS = some.builds(Paragraph, _INLINE, some.sampled_from(["p", "h2"]))
_BULLETS = some.builds(Bullets, some.lists(_INLINE, min_size=1, max_size=3).map(tuple))
_RICH = some.lists(some.one_of(_PARAGRAPHS, _BULLETS), min_size=1, max_size=4).map(tuple)
_LINE = some.sampled_from(["Read on", 'For {{ lead.company|fallback("you") }}', "A & <B>"])
_BLOCKS = some.one_of(
    _RICH.filter(lambda rich: len(rich) > 1).map(lambda rich: Text(content=rich)),
    some.builds(Heading, text=_LINE, level=some.integers(1, 4)),
    some.builds(Button, label=_LINE, address=_ADDRESSES),
    some.builds(
        Image,
        source_address=some.just("https://example.com/a.png?b=1&region=kr&copy=2&amp;"),
        alternative=some.sampled_from([None, "", 'A "quoted" <van>', "밴"]),
        link=some.one_of(some.none(), _ADDRESSES),
        width=some.one_of(some.none(), some.integers(1, 600)),
    ),
    some.just(Divider()),
    some.builds(Spacer, height=some.integers(1, 90)),
    some.just(SharedPart(path="_signature.en.mjml")),
    some.just(Raw(text="{% if lead.company %}<mj-divider />{% endif %}")),
    some.just(Raw(text="<!-- for <mj-text> of spring -->")),
)
_COLUMNS = some.lists(_BLOCKS, max_size=3).map(lambda blocks: MailColumn(tuple(blocks)))
_NODES = some.one_of(
    some.lists(_COLUMNS, min_size=1, max_size=3).map(lambda columns: Section(tuple(columns))),
    some.just(SharedPart(path="_header.mjml")),
    some.just(Raw(text="<!-- spring -->")),
)
_MAILS = some.lists(_NODES, max_size=4).map(lambda nodes: replace(_read(EMPTY), nodes=tuple(nodes)))


def _read(source: str) -> Mail:
    mail = blocks_of(source)
    assert mail is not None
    return mail


def _same(compiled: CompiledTemplate) -> tuple[str, str]:
    """What a reader sees of it: white space and spellings of a letter don't count."""
    html = unescape(re.sub(r"\s+", " ", compiled.html))
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", html), re.sub(r"\s+", " ", compiled.text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_shipped_mail_comes_back_from_its_blocks_as_it_was(file: Path) -> None:
    """Else opening a mail in the form would change what leads get, or lose marketing's comments."""
    source = file.read_text("utf-8")
    mail = _read(source)
    assert written_mail(mail) == source
    anew = written_mail(afresh(mail))
    assert _read(anew) == mail
    before, after = (compile_template(one, file.name, PARTS) for one in (source, anew))
    assert _same(before) == _same(after)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(_MAILS)
def test_any_blocks_come_back_from_the_mail_that_they_make(mail: Mail) -> None:
    """Else a form would show another mail than the one it had just written."""
    written = written_mail(mail)
    again = _read(written)
    assert again == mail
    assert written_mail(again) == written_mail(afresh(again)) == written


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(_MAILS)
def test_any_blocks_make_a_mail_that_can_be_written(mail: Mail) -> None:
    """The form makes nothing that the compiler of MJML refuses."""
    compile_template(written_mail(mail), "a.en.mjml", PARTS)


@settings(max_examples=300, deadline=None)
@given(_RICH)
def test_a_text_comes_back_from_where_people_write_in_it(rich: RichText) -> None:
    """Else a click into a text would change it."""
    assert rich_from(editable(rich, lambda code: code)) == rich


@settings(max_examples=200, deadline=None)
@given(some.text(some.sampled_from("<>/abpulio spandvhref=\"'{} &;\n"), max_size=80))
def test_whatever_a_browser_sends_becomes_a_text(html: str) -> None:
    """What is pasted may be anything; the mail that is made of it is one still."""
    rich = rich_from(html)
    assert without_emptiness(rich) == rich
    node = Section((MailColumn((Text(content=rich),)),))
    assert blocks_of(written_mail(replace(_read(EMPTY), nodes=(node,)))) is not None


def test_what_is_pasted_from_elsewhere_keeps_its_words_and_loses_its_looks() -> None:
    """Text from a word processor or a page comes with styles, scripts and boxes."""
    rich = rich_from(
        '<style>p{}</style><div style="color:red">One&nbsp;<span class="x">two</span></div>'
        "<blockquote><p><strong>Three</strong><img src=x onerror=alert(1)></p></blockquote>"
        '<ul><li><p>Four</p><ul><li>Five</li></ul></li></ul>Six<a href="https://x.example/">7</a>'
        '<a href="javascript:alert(1)">8</a> {{ sender.name }}<div><br></div>'
    )
    assert rich == (
        Paragraph((Words("One two"),)),
        Paragraph((Styled("strong", (Words("Three"),)),)),
        Bullets(((Words("Four"),), (Words("Five"),))),
        Paragraph(
            (
                Words("Six"),
                Link(Address("tracked", "https://x.example/"), (Words("7"),)),
                Link(Address("plain", "javascript:alert(1)"), (Words("8"),)),
                Words(" "),
                Field(" sender.name "),
            )
        ),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("?a=1&region=kr&timestamp=5&copy=1&not=2", "?a=1&region=kr&timestamp=5&copy=1&not=2"),
        ("?a=1&amp;region=kr&amp;timestamp=5&amp;not", "?a=1&region=kr&timestamp=5&not"),
        ("?a&#61;1&#x26;copy=2&amp;amp;b&regions;", "?a=1&copy=2&amp;b&regions;"),
    ],
)
def test_an_address_written_by_hand_leads_where_it_led(written: str, read: str) -> None:
    """Else a click into a mail would turn ``&region=kr`` of a link into a sign and ``ion=kr``."""
    at = f"https://example.com/{written}"
    body = (
        f'<mj-section><mj-column><mj-text><p><a href="{at}">1</a></p></mj-text>'
        f'<mj-button href="{at}">2</mj-button><mj-image src="{at}" href="{at}" alt="{written}" />'
        "</mj-column></mj-section></mj-body>"
    )
    section = _read(EMPTY.replace("</mj-body>", body)).nodes[0]
    assert isinstance(section, Section)
    text, button, image = section.columns[0].blocks
    address = Address("plain", f"https://example.com/{read}")
    assert isinstance(text, Text)
    assert [one.address for one in links_of(text.content)] == [address]
    assert isinstance(button, Button)
    assert button.address == address
    assert isinstance(image, Image)
    assert (image.source_address, image.link, image.alternative) == (address.value, address, read)


MIXED = """\
---
subject: "Quoted: it"
preheader: Behind it
---
<mjml lang="en">
  <mj-include path="_head.mjml" />
  <!-- Written by Clara for spring. -->
  <mj-body css-class="x">
    <mj-include path="_header.mjml" />
    <!-- The offer. -->
    <mj-section padding='0 "x"'>
      <!-- One column -->
      <mj-column>
        <mj-text><p class="big">Styled by hand</p></mj-text>
      </mj-column>
    </mj-section>
    <mj-section>
      <mj-column>
        <!-- Greeting -->
        <mj-text align="center">
          <p>Hi {# nobody #}</p>
        </mj-text>
        {% if lead.company %}
        <mj-button href="{{ link("https://example.com/a") }}" width="200px">Go</mj-button>
        {% else %}
        <mj-divider />
        {% endif %}
        <mj-table><tr><td>1</td></tr></mj-table>
        <mj-text font-size="13px"><p>Plain</p></mj-text>
        <mj-text>Bare <b>words</b></mj-text>
      </mj-column>
    </mj-section>
    {% if lead.company %}<mj-section><mj-column></mj-column></mj-section>{% endif %}
  </mj-body>
</mjml>
"""


def test_what_no_block_expresses_is_a_text_and_stays() -> None:
    """Else the form would lose a condition, a table or a note that somebody wrote."""
    mail = _read(MIXED)
    assert written_mail(mail) == MIXED
    assert mail.subject == "Quoted: it"
    kinds = [type(one).__name__ for one in mail.nodes]
    assert kinds == ["SharedPart", "Raw", "Raw", "Section", "Raw"]
    section = mail.nodes[3]
    assert isinstance(section, Section)
    blocks = section.columns[0].blocks
    assert [type(one).__name__ for one in blocks] == ["Raw", "Raw", "Raw", "Raw", "Text", "Text"]
    assert "{% else %}" in str(blocks[2])
    assert "{% endif %}" in str(blocks[2])
    assert isinstance(blocks[4], Text)
    changed = put(mail, (3, 0, 4), replace(blocks[4], content=(Paragraph((Words("New"),)),)))
    text = written_mail(remove(changed, (3, 0, 5)))
    assert '<mj-text font-size="13px">' in written_mail(changed)
    for kept in ("by Clara", "The offer", "One column", "Greeting", "nobody", "<mj-table>"):
        assert kept in text


def test_a_new_subject_changes_its_line_only() -> None:
    """The rest of the file stays as marketing wrote it."""
    mail = replace(_read(MIXED), subject='"It\n is" ', preheader="{{ lead.company }}: 1")
    written = written_mail(mail)
    lines = ["subject: '\"It is\"'", "preheader: {{ lead.company }}: 1"]
    assert written.splitlines()[1:3] == lines
    assert _read(written).subject == '"It is"'
    assert written.splitlines()[3:] == MIXED.splitlines()[3:]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<mjml></mjml>",
        EMPTY.replace("</mj-body>", ""),
        EMPTY.replace("---\n", ""),
        EMPTY.replace("<mj-body>", "<mj-body><mj-section>"),
        EMPTY + EMPTY,
        "---\n" * 3,
        EMPTY.replace("<mj-body>", "<mj-body><mj-section><mj-column><mj-text></mj-column>"),
    ],
)
def test_a_text_that_is_no_mail_has_no_blocks(source: str) -> None:
    """It is shown as a text then: a form of half of it would lose the other half."""
    assert blocks_of(source) is None


def test_blocks_are_moved_copied_and_deleted_where_they_stand() -> None:
    """The buttons beside each block: a block goes on in the next column and section."""
    one, two, three = (Spacer(height=n) for n in (1, 2, 3))
    nodes = (
        Section((MailColumn((one, two)), MailColumn())),
        SharedPart(path="_x"),
        Section((MailColumn((three,)),)),
    )
    mail = replace(_read(EMPTY), nodes=nodes)
    moved, place = move(mail, (0, 0, 1), 1)
    assert place == (0, 1, 0)
    assert found_at(moved, place) == two
    further, place = move(moved, place, 1)
    assert place == (2, 0, 0)
    assert found_at(further, place) == two
    back, place = move(further, place, -1)
    assert place == (0, 1, 0)
    assert back == moved
    assert move(mail, (0, 0, 0), -1) == (mail, (0, 0, 0))
    assert move(mail, (2,), 1) == (mail, (2,))
    swapped, place = move(mail, (0,), 1)
    assert place == (1,)
    assert swapped.nodes[1] == nodes[0]
    assert found_at(copy(mail, (0, 0, 0)), (0, 0, 1)) == one
    assert len(copy(mail, (0,)).nodes) == 4
    assert remove(mail, (1,)).nodes == (nodes[0], nodes[2])
    joined = with_columns(moved, 0, 1).nodes[0]
    assert isinstance(joined, Section)
    assert joined.columns == (MailColumn((one, two)),)
    wider = with_columns(mail, 2, 3).nodes[2]
    assert isinstance(wider, Section)
    assert len(wider.columns) == 3
    assert insert(mail, (3,), Divider()).nodes[3] == Section((MailColumn((Divider(),)),))
    with pytest.raises(ValueError, match="columns"):
        with_columns(mail, 1, 2)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("", "empty"),
        ("javascript:alert(1)", "scheme"),
        ("java\nscript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("example.com/guide", "scheme"),
        ("https://", "malformed"),
        ("https://[", "malformed"),
        ("https://a b.example", "malformed"),
        ("mailto:", "malformed"),
        ("https://example.com/guide", None),
        ("mailto:clara@example.com", None),
        ("tel:+468000167", None),
        ("https://example.com/{{ lead.company }}", None),
    ],
)
def test_an_address_is_judged_where_it_is_typed(typed: str, wrong: str | None) -> None:
    """A link that leads nowhere is found before a thousand leads press it."""
    assert mistake_of(address_typed(typed)) == wrong


@pytest.mark.parametrize(
    "choice",
    [
        MergeChoice("lead.first_name", 'you "there" \\ {{ }}'),
        MergeChoice("lead|full_name", "담당자"),
        MergeChoice("sender.name"),
        MergeChoice("lead.attributes.fleet", "your fleet"),
    ],
)
def test_a_field_that_was_picked_is_shown_as_it_was_picked(choice: MergeChoice) -> None:
    """Fallbacks hold whatever people write."""
    assert choice_of(code_of(choice)) == choice


def test_an_expression_is_no_choice() -> None:
    """It is kept, and shown as it is written."""
    assert choice_of(" lead.company|upper ") is None
    assert choice_of(" 1 + 2 ") is None


def test_columns_of_another_number_share_the_width_anew() -> None:
    """Else a third column stands beside two that take all the room there is."""
    half = MailColumn((), attributes=(("width", "50%"), ("css-class", "x")), source="<mj-column>")
    mail = replace(_read(EMPTY), nodes=(Section((half, half)),))
    assert with_columns(mail, 0, 2) == mail
    three = with_columns(mail, 0, 3).nodes[0]
    assert isinstance(three, Section)
    assert [one.attributes for one in three.columns] == [(("css-class", "x"),)] * 2 + [()]
    assert three.columns[0].source == ""
