"""The fields of one block of a mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from markupsafe import escape
from nicegui import ui

from domain.email.blocks.addresses import Address, mistake_of
from domain.email.blocks.merge_choice import code_of
from domain.email.blocks.model import (
    Block,
    Button,
    Divider,
    Heading,
    Image,
    Raw,
    Section,
    SharedPart,
    Spacer,
    Text,
)
from domain.email.blocks.rich import RichText
from web.console.marketing.image_field import image_field
from web.console.marketing.image_picker import PickedImage
from web.console.marketing.link_field import MISTAKES, LinkField
from web.console.marketing.merge_fields import pick_field
from web.console.marketing.rich_editor import RichEditor
from web.console.parts import button, quiet, show
from web.console.words import N_, _

KINDS: Mapping[type, str] = {
    Text: N_("Text"),
    Heading: N_("Heading"),
    Button: N_("Button"),
    Image: N_("Image"),
    Divider: N_("Divider"),
    Spacer: N_("Space"),
    SharedPart: N_("Shared part"),
    Raw: N_("MJML"),
    Section: N_("Section"),
}
PARTS = {"header": N_("Header"), "footer": N_("Footer"), "signature": N_("Signature")}
"""What shared parts are called, by how their files begin."""
_LEVELS = {1: N_("Large"), 2: N_("Medium"), 3: N_("Small"), 4: N_("Very small")}
WIDEST = 600
"""CSS pixels that a mail is wide."""


@dataclass(frozen=True)
class Surroundings:
    """What a block's fields know of the mail: the shared parts there are, file → text, whether it
    is about a meeting, and how an image is chosen."""

    parts: Mapping[str, str]
    meeting: bool
    pick: Callable[[], Awaitable[PickedImage | None]]


def block_name(block: Block | Section) -> str:
    """What a block is called."""
    if isinstance(block, SharedPart):
        begins = block.path.removeprefix("_").split(".")[0].split("-")[0]
        if begins in PARTS:
            return _(PARTS[begins])
    return _(KINDS[type(block)])


def block_fields(block: Block, around: Surroundings, changed: Callable[[Block], None]) -> None:
    """The fields of a block, where the page is being built; ``changed`` gets it after each
    change."""
    match block:
        case Text():
            _text(block, around, changed)
        case Heading():
            _heading(block, around, changed)
        case Button():
            _button(block, around, changed)
        case Image():
            _image(block, around, changed)
        case Spacer():
            _spacer(block, changed)
        case SharedPart():
            _part(block, around, changed)
        case Raw():
            _raw(block, changed)
        case Divider():
            pass


def line_field(
    label: str, value: str, changed: Callable[[str], None], *, meeting: bool, key: str = ""
) -> ui.input:
    """A line of text with merge fields: they are picked from a list."""
    field = ui.input(label, value=value).classes("wide")
    field.on_value_change(lambda: changed(field.value or ""))
    if key:
        field.props(f"data-line={key}")

    async def pick() -> None:
        choice = await pick_field(meeting=meeting)
        if choice is not None:
            words = f"{{{{{code_of(choice)}}}}}"
            told = f"getElement({field.id}).getNativeElement(), {words!r}"
            ui.run_javascript(f"putInField({told})")

    with field.add_slot("append"):
        pressed = ui.button(icon="data_object", on_click=pick, color=None).props("flat dense")
        pressed.props["aria-label"] = _("Merge field for “{what}”", what=label)
    return field


def _text(block: Text, around: Surroundings, changed: Callable[[Block], None]) -> None:
    def edited(content: RichText) -> None:
        changed(replace(block, content=content, source=""))

    RichEditor(block.content, _("Text"), edited, meeting=around.meeting)


def _heading(block: Heading, around: Surroundings, changed: Callable[[Block], None]) -> None:
    now = block

    def edited(**values: object) -> None:
        nonlocal now
        now = replace(now, source="", **values)  # type: ignore[arg-type]
        changed(now)

    line_field(_("Heading"), block.text, lambda text: edited(text=text), meeting=around.meeting)
    size = ui.select({one: _(name) for one, name in _LEVELS.items()}, label=_("Size"))
    size.set_value(block.level)
    size.classes("short").on_value_change(lambda: edited(level=size.value))


def _button(block: Button, around: Surroundings, changed: Callable[[Block], None]) -> None:
    now = block

    def edited(**values: object) -> None:
        nonlocal now
        now = replace(now, source="", **values)  # type: ignore[arg-type]
        changed(now)

    line_field(
        _("Label of the button"),
        block.label,
        lambda text: edited(label=text),
        meeting=around.meeting,
    )
    leads_to = LinkField(block.address, lambda address: edited(address=address))
    if block.source:
        leads_to.check()


def _image(block: Image, around: Surroundings, changed: Callable[[Block], None]) -> None:
    now = block

    def edited(**values: object) -> None:
        nonlocal now
        now = replace(now, source="", **values)  # type: ignore[arg-type]
        tell()
        changed(now)

    def tell() -> None:
        wrong = mistake_of(Address("plain", now.source_address))
        address.error = _(MISTAKES[wrong]) if wrong else None
        alt.error = None if now.alternative else _("Say what it shows: many programs hide images.")

    async def choose() -> None:
        chosen = await around.pick()
        if chosen is not None:
            address.set_value(chosen.url)
            alt.set_value(now.alternative or chosen.alt)
            width.set_value(chosen.width if chosen.width < WIDEST else None)

    address = image_field(block.source_address, lambda to: edited(source_address=to))
    button(_("Choose an image"), choose)
    alt = ui.input(_("Alternative text"), value=block.alternative or "").classes("wide")
    alt.without_auto_validation()
    alt.on_value_change(lambda: edited(alternative=(alt.value or "").strip()))
    width = ui.number(_("Width in pixels"), value=block.width, precision=0, min=1, max=WIDEST)
    width.props("clearable").classes("short")
    width.on_value_change(lambda: edited(width=int(width.value) if width.value else None))
    LinkField(
        block.link or Address(),
        lambda to: edited(link=to if to.kind == "own" or to.value else None),
        optional=True,
    )
    if block.source:
        tell()


def _spacer(block: Spacer, changed: Callable[[Block], None]) -> None:
    height = ui.number(_("Height in pixels"), value=block.height, precision=0, min=1, max=200)
    height.classes("short").on_value_change(
        lambda: changed(replace(block, height=int(height.value or 1), source=""))
    )


def _part(block: SharedPart, around: Surroundings, changed: Callable[[Block], None]) -> None:
    names = {path: path.removeprefix("_").removesuffix(".mjml") for path in around.parts}
    names.pop("_head.mjml", None)
    names.setdefault(block.path, block.path)
    which = ui.select(names, label=_("Shared part"), value=block.path).classes("action")
    which.on_value_change(lambda: changed(replace(block, path=which.value, source="")))


def _raw(block: Raw, changed: Callable[[Block], None]) -> None:
    code = ui.textarea(_("MJML"), value=block.text).classes("wide code-text")
    code.props("autogrow spellcheck=false")
    code.on_value_change(
        lambda: changed(replace(block, text=(code.value or "").strip(), source=""))
    )
    show(quiet(escape(_("The form has no fields for this; it stays as it is written."))), "p")
