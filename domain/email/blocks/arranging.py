"""Adding, moving, copying and deleting blocks.

A place is the number of what stands in the body and, within a section, those of its column and of
the block in it, all from 0.
"""

from __future__ import annotations

from dataclasses import replace

from domain.email.blocks.model import (
    MOST_COLUMNS,
    Block,
    Mail,
    MailColumn,
    Node,
    Raw,
    Section,
    SharedPart,
    block_afresh,
    section_afresh,
)

Place = tuple[int, ...]
"""``(node,)`` or ``(node, column, block)``."""


def found_at(mail: Mail, place: Place) -> Node | Block:
    """What stands at a place.

    Raises:
        IndexError: nothing does.
    """
    node = mail.nodes[place[0]]
    return node if len(place) == 1 else _column(mail, place).blocks[place[2]]


def put(mail: Mail, place: Place, one: Node | Block) -> Mail:
    """The mail with something else at a place."""
    if len(place) == 1:
        return _with_nodes(mail, place[0], 1, _as_nodes(one))
    return _with_blocks(mail, place, 1, (_as_block(one),))


def insert(mail: Mail, place: Place, one: Node | Block) -> Mail:
    """The mail with something new before what stands at a place, or at the end."""
    if len(place) == 1:
        return _with_nodes(mail, place[0], 0, _as_nodes(one))
    return _with_blocks(mail, place, 0, (_as_block(one),))


def remove(mail: Mail, place: Place) -> Mail:
    """The mail without what stands at a place."""
    if len(place) == 1:
        return _with_nodes(mail, place[0], 1, ())
    return _with_blocks(mail, place, 1, ())


def copy(mail: Mail, place: Place) -> Mail:
    """The mail with the same once more behind it."""
    one = found_at(mail, place)
    again = section_afresh(one) if isinstance(one, Section) else block_afresh(one)
    return insert(mail, (*place[:-1], place[-1] + 1), again)


def move(mail: Mail, place: Place, step: int) -> tuple[Mail, Place]:
    """The mail with something one place further up (``step`` -1) or down (1), and where it stands
    then; the same where it can't go further. A block goes on in the next column."""
    to = _beside(mail, place, step)
    if to is None:
        return mail, place
    return insert(remove(mail, place), to, found_at(mail, place)), to


def can_move(mail: Mail, place: Place, step: int) -> bool:
    """Whether there is somewhere to go."""
    return _beside(mail, place, step) is not None


def with_columns(mail: Mail, node: int, number: int) -> Mail:
    """The mail with so many columns in a section; the blocks of those that go move to the last that
    stays.

    Raises:
        ValueError: it is no section, or so many there can't be.
    """
    section = mail.nodes[node]
    if not isinstance(section, Section) or not 1 <= number <= MOST_COLUMNS:
        raise ValueError(f"Node {node} can't have {number} columns.")
    columns = section.columns[:number]
    more = tuple(block for one in section.columns[number:] for block in one.blocks)
    if more:
        last = replace(columns[-1], blocks=columns[-1].blocks + more, source="")
        columns = (*columns[:-1], last)
    columns += (MailColumn(),) * (number - len(columns))
    if number != len(section.columns):
        columns = tuple(map(_without_width, columns))
    return put(mail, (node,), replace(section, columns=columns, source=""))


def _without_width(column: MailColumn) -> MailColumn:
    """As wide as its share of the section: what it was given was for another number of them."""
    left = tuple(one for one in column.attributes if one[0] != "width")
    return column if left == column.attributes else replace(column, attributes=left, source="")


def _beside(mail: Mail, place: Place, step: int) -> Place | None:
    if len(place) == 1:
        return (place[0] + step,) if 0 <= place[0] + step < len(mail.nodes) else None
    node, column, block = place
    if 0 <= block + step < len(_column(mail, place).blocks):
        return node, column, block + step
    columns = [
        (number, inner)
        for number, one in enumerate(mail.nodes)
        if isinstance(one, Section)
        for inner in range(len(one.columns))
    ]
    at = columns.index((node, column)) + step
    if not 0 <= at < len(columns):
        return None
    to = (*columns[at], 0)
    return to if step > 0 else (*columns[at], len(_column(mail, to).blocks))


def _column(mail: Mail, place: Place) -> MailColumn:
    section = mail.nodes[place[0]]
    if not isinstance(section, Section):
        raise IndexError(f"Node {place[0]} is no section.")
    return section.columns[place[1]]


def _with_nodes(mail: Mail, at: int, gone: int, new: tuple[Node, ...]) -> Mail:
    return replace(mail, nodes=mail.nodes[:at] + new + mail.nodes[at + gone :])


def _with_blocks(mail: Mail, place: Place, gone: int, new: tuple[Block, ...]) -> Mail:
    node, number, at = place
    section = mail.nodes[node]
    column = _column(mail, place)
    if not isinstance(section, Section):
        raise IndexError(f"Node {node} is no section.")
    blocks = column.blocks[:at] + new + column.blocks[at + gone :]
    columns = list(section.columns)
    columns[number] = replace(column, blocks=blocks, source="")
    return put(mail, (node,), replace(section, columns=tuple(columns), source=""))


def _as_nodes(one: Node | Block) -> tuple[Node, ...]:
    """What stands in the body: a block gets a section of its own."""
    if isinstance(one, Section | SharedPart | Raw):
        return (one,)
    return (Section((MailColumn((one,)),)),)


def _as_block(one: Node | Block) -> Block:
    if isinstance(one, Section):
        raise TypeError("A section stands in the body only.")
    return one
