"""The brand policy (``cadences/brand.yaml``): what all mails of the company have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from markupsafe import Markup
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from domain.authoring.kinds import kind
from domain.brand.colors import WHITE, contrast, readable_on
from domain.brand.words import COMPANY, WORDS
from domain.cadences.cadence import Name
from domain.email.contrast import SMALLEST
from domain.email.message import MailError, mailbox
from domain.email.sender import Sender
from domain.rules.policy import Policy, PolicyFile, mistake

ENGLISH = "en"
IMAGES = "/images"
"""Where the web app hands out images, under its public address."""
IMAGE_NAME = re.compile(r"[0-9a-f]{64}\.(?:png|jpg|gif)")

_KOREAN = Markup("'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'Noto Sans CJK KR'")
_CHINESE = Markup("'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC'")
_LETTERS: Mapping[str, tuple[Markup, str]] = MappingProxyType(
    {
        "helvetica": (Markup("'Helvetica Neue', Helvetica, Arial"), "sans-serif"),
        "arial": (Markup("Arial, Helvetica"), "sans-serif"),
        "verdana": (Markup("Verdana, Geneva, Tahoma"), "sans-serif"),
        "tahoma": (Markup("Tahoma, Verdana, Segoe"), "sans-serif"),
        "trebuchet": (Markup("'Trebuchet MS', 'Lucida Grande', Tahoma"), "sans-serif"),
        "georgia": (Markup("Georgia, 'Times New Roman', Times"), "serif"),
        "times": (Markup("'Times New Roman', Times, Georgia"), "serif"),
        "courier": (Markup("'Courier New', Courier, Consolas"), "monospace"),
    }
)
"""Fonts that mail programs have: others would have to be fetched, which most don't do."""
Font = Literal[
    "helvetica", "arial", "verdana", "tahoma", "trebuchet", "georgia", "times", "courier"
]


def _color(value: Any) -> Any:
    written = value.strip().lower() if isinstance(value, str) else value
    if isinstance(written, str) and re.fullmatch(r"#[0-9a-f]{3}", written):
        return "#" + "".join(2 * one for one in written[1:])
    if not isinstance(written, str) or not re.fullmatch(r"#[0-9a-f]{6}", written):
        raise mistake(f"'{value}' is no colour. Write it as #1f5c43, in quotation marks")
    return written


def _address(value: str) -> str:
    try:
        return mailbox(value)
    except MailError:
        raise mistake(f"'{value}' is no address that mail can come from") from None


def _image_name(value: str) -> str:
    if not IMAGE_NAME.fullmatch(value):
        raise mistake(
            f"'{value}' is no image of the console's. Upload it there, and write its name"
        )
    return value


def _plain(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", value):
        raise mistake("write it in one line")
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_plain),
]
Label = Annotated[Line, StringConstraints(max_length=80)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Color = Annotated[
    str,
    BeforeValidator(_color),
    kind(
        "colour",
        "Red, green and blue in hexadecimal, in quotation marks: `#` begins a comment otherwise.",
        "#1f5c43",
    ),
]
ImageName = Annotated[str, AfterValidator(_image_name)]


class Logo(Policy):
    """The company's logo."""

    image: ImageName
    """Its name among the images of the console."""
    width: int = Field(default=160, ge=16, le=544)
    """How wide it is shown, in pixels; a mail has room for 544."""


class Colors(Policy):
    """The colours of mails. Text can be read by everybody: its contrast with what is behind it is
    at least 4.5 to 1 (WCAG AA)."""

    text: Color = "#24302b"
    """Of the text."""
    small_print: Color = "#5d6b64"
    """Of the footer."""
    link: Color = "#1f5c43"
    """Of links, and of the company's name where there is no logo."""
    button: Color = "#1f5c43"
    """Of buttons."""
    button_text: Color = WHITE
    """Of what stands on them."""
    background: Color = WHITE
    """Behind it all. Some mail programs show white in its place, so text has to be readable on
    both."""
    line: Color = "#dfe5e1"
    """Of the line above the footer."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Colors:
        for name, color, *behind in (
            ("text", self.text, self.background, WHITE),
            ("small_print", self.small_print, self.background, WHITE),
            ("link", self.link, self.background, WHITE),
            ("button_text", self.button_text, self.button),
        ):
            if problem := unreadable(color, *behind):
                raise mistake(problem, (name,))
        return self


def unreadable(color: str, *behind: str) -> str:
    """What is wrong with text of a colour on these, as a sentence; '' where it can be read."""
    least = min(contrast(color, one) for one in behind)
    if least >= SMALLEST:
        return ""
    nearest = readable_on(color, *behind)
    advice = f"such as {nearest}" if nearest else "and what is behind it lighter or darker"
    return (
        f"{color} can't be read by everybody here: its contrast is {least:.1f} to 1, and "
        f"{SMALLEST} is needed. Make it darker or lighter, {advice}"
    )


class BrandSender(Policy):
    """Whom mails are from that no rep sends."""

    name: Label
    """As the list of mails shows it."""
    email: Annotated[str, AfterValidator(_address)]
    """At the domain of `EMAIL_FROM`, or one of `EMAIL_DOMAINS`: from any other, mail would be taken
    for forged, and goes out from `EMAIL_FROM` instead."""


class BrandWords(Policy):
    """What stands under mails in one language. In the sentences of footers `{company}` stands for
    the company's name."""

    company: Label | None = None
    """What the company is called in this language."""
    footer: Line
    """Why a lead gets marketing's mails."""
    footer_customer: Line
    """Why a customer gets them."""
    footer_called: Line
    """Why somebody gets them whom we called."""
    footer_meeting: Line
    """Under the mails about a meeting, which nobody can refuse."""
    preferences: Label
    """The link to the page where one chooses what one gets."""
    between: Label
    """What stands between this link and the next: or."""
    unsubscribe: Label
    """The link to unsubscribe."""
    signed: Label | None = None
    """What follows the name of whoever signs, where the language wants it."""
    contact: bool = False
    """Whether the sender's e-mail address stands under the postal one."""

    @model_validator(mode="after")
    def _known_places(self) -> BrandWords:
        for name in ("footer", "footer_customer", "footer_called", "footer_meeting"):
            left = getattr(self, name).replace(COMPANY, "")
            if re.search(r"[{}]", left):
                raise mistake(f"only {COMPANY} can stand in braces here", (name,))
        return self


class BrandPolicy(PolicyFile):
    """How mails look, whom they are from, and what stands under them. The parts that mails include
    (`templates/_*.mjml`) are made of it, for mails that are published already, too."""

    policy: Literal["brand"]
    company: Label = "Lindenmoor"
    """What the company is called."""
    postal_address: Line | None = None
    """Where it is, as the law wants it under each mail of marketing's; left out:
    `EMAIL_POSTAL_ADDRESS`."""
    logo: Logo | None = None
    """At the top of mails; left out: the company's name."""
    colors: Colors = Colors()
    """Of mails."""
    font: Font = "helvetica"
    """One that mail programs have, with others behind it for those that don't."""
    sender: BrandSender | None = None
    """Whom mails are from that no rep sends; left out: `EMAIL_FROM` and `EMAIL_FROM_NAME`."""
    senders: dict[Name, BrandSender] = Field(default_factory=dict)
    """The same for the mails of a topic of the consent policy."""
    languages: dict[Language, BrandWords]
    """Language that the company writes in (ISO 639) → what stands under its mails; in English
    (`en`) it is read where a language is missing."""

    @model_validator(mode="after")
    def _has_english(self) -> BrandPolicy:
        if ENGLISH not in self.languages:
            raise mistake(
                "there are no words in English, which stand under mails whose own language is "
                "missing. Add en: …",
                ("languages",),
            )
        return self

    def sender_of(self, topic: str) -> Sender | None:
        """Whom the mails of a topic ('': none) are from; None for ``EMAIL_FROM``."""
        chosen = self.senders.get(topic) or self.sender
        return None if chosen is None else Sender(chosen.name, chosen.email)

    def words(self, language: str) -> BrandWords:
        """What stands under mails in a language (BCP 47)."""
        primary = language.partition("-")[0].lower()
        return self.languages.get(primary) or self.languages[ENGLISH]


DEFAULT = BrandPolicy.model_validate({"policy": "brand", "languages": WORDS})
"""What holds until a brand policy is published: the one that is shipped."""


def brand_fields(brand: BrandPolicy, language: str, base: str) -> dict[str, Any]:
    """The fields of ``brand`` in a template.

    Args:
        language: of the mail (BCP 47).
        base: public address of the web app, without a trailing slash.
    """
    words, colors = brand.words(language), brand.colors
    company = words.company or brand.company
    letters, family = _LETTERS[brand.font]
    rule = Markup("body {{ background-color: {}; }}").format(colors.background)
    footers = ("footer", "footer_customer", "footer_called", "footer_meeting")
    return {
        **{name: getattr(words, name).replace(COMPANY, company) for name in footers},
        "name": brand.company,
        "company": company,
        "logo": f"{base}{IMAGES}/{brand.logo.image}" if brand.logo else "",
        "logo_width": brand.logo.width if brand.logo else 0,
        "preferences": words.preferences,
        "between": words.between,
        "unsubscribe": words.unsubscribe,
        "signed": words.signed or "",
        "contact": words.contact,
        "text_color": colors.text,
        "small_color": colors.small_print,
        "link_color": colors.link,
        "button_color": colors.button,
        "button_text_color": colors.button_text,
        "line_color": colors.line,
        # These stand in style sheets, where nothing is escaped.
        "background_rule": Markup() if colors.background == WHITE else rule,
        "font": Markup("{}, {}, {}").format(letters, _KOREAN, family),
        "font_zh": Markup("{}, {}, {}").format(letters, _CHINESE, family),
    }
