"""Blocks of a mail. Each keeps how it was written, and is written so again until it changes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace

from domain.email.blocks.addresses import Address
from domain.email.blocks.rich import RichText

MOST_COLUMNS = 4
Attributes = tuple[tuple[str, str], ...]
"""Attributes that no field of a form has, as they are written."""


@dataclass(frozen=True)
class AsWritten:
    """How something stands in the text: ``gap`` is the white space before it, None for what is
    new; ``source`` is '' for what has changed."""

    _: KW_ONLY
    attributes: Attributes = ()
    gap: str | None = field(default=None, compare=False, repr=False)
    source: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Text(AsWritten):
    """Paragraphs and lists."""

    content: RichText = ()


@dataclass(frozen=True)
class Heading(AsWritten):
    """A heading of one line, with merge fields as ``{{ … }}``."""

    text: str = ""
    level: int = 2


@dataclass(frozen=True)
class Button(AsWritten):
    """A link that looks like a button; its label may hold merge fields as ``{{ … }}``."""

    label: str = ""
    address: Address = field(default_factory=Address)


@dataclass(frozen=True)
class Image(AsWritten):
    """A picture from the web. ``width`` in CSS pixels, None for the width of its column; where
    ``link`` is None it leads nowhere. ``alternative`` None: nobody has thought of it."""

    source_address: str = ""
    alternative: str | None = None
    link: Address | None = None
    width: int | None = None


@dataclass(frozen=True)
class Divider(AsWritten):
    """A line."""


@dataclass(frozen=True)
class Spacer(AsWritten):
    """Empty space, ``height`` CSS pixels high."""

    height: int = 20


@dataclass(frozen=True)
class SharedPart(AsWritten):
    """What many mails share, such as the signature: the file ``path``."""

    path: str = ""


@dataclass(frozen=True)
class Raw(AsWritten):
    """MJML that no other block expresses."""

    text: str = ""


Block = Text | Heading | Button | Image | Divider | Spacer | SharedPart | Raw


@dataclass(frozen=True)
class MailColumn(AsWritten):
    """Blocks one below the other. ``end`` is the white space before its closing tag."""

    blocks: tuple[Block, ...] = ()
    end: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Section(AsWritten):
    """Columns beside each other; on a phone below each other."""

    columns: tuple[MailColumn, ...] = (MailColumn(),)
    end: str | None = field(default=None, compare=False, repr=False)


Node = Section | SharedPart | Raw


@dataclass(frozen=True)
class Mail:
    """A mail: its lines before the MJML, and its body. ``before`` is all text before what is in the
    body, ``after`` all behind it."""

    subject: str
    preheader: str
    nodes: tuple[Node, ...]
    before: str = field(default="", compare=False, repr=False)
    after: str = field(default="", compare=False, repr=False)


def afresh(mail: Mail) -> Mail:
    """The mail as if somebody had just made each of its blocks."""
    return replace(mail, nodes=tuple(map(_node_afresh, mail.nodes)))


def block_afresh(block: Block) -> Block:
    """The block as if somebody had just made it."""
    return replace(block, gap=None, source="")


def section_afresh(section: Section) -> Section:
    """The same for a section with all that is in it."""
    columns = tuple(
        replace(one, gap=None, source="", end=None, blocks=tuple(map(block_afresh, one.blocks)))
        for one in section.columns
    )
    return replace(section, gap=None, source="", end=None, columns=columns)


def _node_afresh(node: Node) -> Node:
    if isinstance(node, Section):
        return section_afresh(node)
    return replace(node, gap=None, source="")
