"""The text of a mail's blocks. What did not change stands as it stood, comments too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from domain.email.blocks.addresses import outside_tags, written_address
from domain.email.blocks.model import (
    Block,
    Button,
    Divider,
    Heading,
    Image,
    Mail,
    MailColumn,
    Node,
    Raw,
    Section,
    SharedPart,
    Spacer,
    Text,
)
from domain.email.blocks.reading import FRONT, LINE
from domain.email.blocks.rich import inline_of, written_inline, written_rich

_LINES = re.compile(r"\s+")


def written_mail(mail: Mail) -> str:
    """The mail's whole text."""
    before = mail.before
    for key, value in (("subject", mail.subject), ("preheader", mail.preheader)):
        before = _with_line(before, key, value)
    return before + "".join(_node(one) for one in mail.nodes) + mail.after


def _with_line(before: str, key: str, value: str) -> str:
    """``before`` with a line of its front matter saying ``value``."""
    front = FRONT.match(before)
    if front is None:
        return before
    value = _LINES.sub(" ", value).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = f'"{value}"' if value[0] == "'" else f"'{value}'"
    known = re.compile(LINE.format(key=key), re.MULTILINE).search(before, 0, front.end())
    if known is None:
        return f"{before[: front.end(1)]}{key}: {value}\n{before[front.end(1) :]}"
    written = known[1]
    if written == value or (len(written) > 1 and written[1:-1] == value and written[0] in "\"'"):
        return before
    between = "" if before[known.start(1) - 1] == " " else " "
    return before[: known.start(1)] + between + value + before[known.end(1) :]


def _node(node: Node) -> str:
    indent = " " * 4
    if node.source:
        return _gap(node, indent) + node.source
    if not isinstance(node, Section):
        return _gap(node, indent) + _element(node, indent)
    inside = "".join(_column(one) for one in node.columns)
    return _gap(node, indent) + _holder("mj-section", node, inside, indent)


def _column(column: MailColumn) -> str:
    indent = " " * 6
    if column.source:
        return _gap(column, indent) + column.source
    inside = "".join(
        _gap(one, " " * 8) + (one.source or _element(one, " " * 8)) for one in column.blocks
    )
    return _gap(column, indent) + _holder("mj-column", column, inside, indent)


def _holder(tag: str, holder: Section | MailColumn, inside: str, indent: str) -> str:
    end = f"\n{indent}" if holder.end is None else holder.end
    return f"<{tag}{_attributes(holder.attributes)}>{inside}{end}</{tag}>"


def _gap(one: Node | MailColumn | Block, indent: str) -> str:
    return f"\n{indent}" if one.gap is None else one.gap


def _element(block: Block, indent: str) -> str:
    others = _attributes(block.attributes)
    match block:
        case Text():
            inside = written_rich(block.content, indent + "  ")
            return f"<mj-text{others}>{inside}\n{indent}</mj-text>"
        case Heading():
            words = written_inline(inline_of(block.text))
            heading = f"\n{indent}  <h{block.level}>{words}</h{block.level}>\n{indent}"
            return f"<mj-text{others}>{heading}</mj-text>"
        case Button():
            href = _attributes([("href", written_address(block.address))])
            label = written_inline(inline_of(block.label))
            return f"<mj-button{href}{others}>{label}</mj-button>"
        case Image():
            return f"<mj-image{_attributes(_of_image(block))}{others} />"
        case Divider():
            return f"<mj-divider{others} />"
        case Spacer():
            return f'<mj-spacer height="{block.height}px"{others} />'
        case SharedPart():
            return f'<mj-include path="{block.path}" />'
        case Raw():
            return block.text


def _of_image(image: Image) -> Iterable[tuple[str, str]]:
    yield "src", outside_tags(image.source_address, escape)
    if image.alternative is not None:
        yield "alt", outside_tags(image.alternative, escape)
    if image.link is not None:
        yield "href", written_address(image.link)
    if image.width is not None:
        yield "width", f"{image.width}px"


def _attributes(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f' {name}="{outside_tags(value, lambda one: one.replace(chr(34), "&quot;"))}"'
        for name, value in pairs
    )
