"""What the rows of a file tell of its columns: in which order days are written, and whether consent
is told at all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace

from domain.contacts.addresses import addresses_in
from domain.contacts.dates import ORDERS, Order, possible_orders, read_day
from domain.contacts.texts import kept
from domain.lead_files.columns import KEPT, LEFT_OUT, Columns, ColumnsError
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import FileRow
from domain.sentences import sentence

SAMPLED_ROWS = 500
# Ids are digits only, and what is ISO 8601 already stays as it is.
_NO_SUCH_DAY = re.compile(r"\d+(?:\.0*)?|\d{4}-\d\d-\d\d(?!\d).*|\D*", re.DOTALL)
_LONGEST = 60


class UnclearDaysError(LeadFileError):
    """In which order the days of a column are written nobody can tell but who wrote them."""


def settle(columns: Columns, records: Iterable[FileRow], dates: str = "") -> Columns:
    """The columns with what their rows tell of them.

    A column of consent that holds nothing in any row says nothing. Columns of days get the order
    of day, month and year.

    Args:
        records: the rows, in order; all are read only when a column of consent seems empty.
        dates: the order that a person said: ``dmy``, ``mdy``, ``ymd``, '' for what the file shows.

    Raises:
        LeadFileError: no such order.
        UnclearDaysError: it is needed, and the file does not show it.
    """
    said: list[Order] = [order for order in ORDERS if order == dates]
    if dates and not said:
        raise LeadFileError(
            sentence(
                "there is no order of days “{dates}”: use {orders}.",
                dates=dates,
                orders=", ".join(ORDERS),
            )
        )
    rows = iter(records)
    sample = [record for record in itertools.islice(rows, SAMPLED_ROWS) if not record.problem]
    _refuse_addresses_elsewhere(columns, sample)
    told = [*columns.fields.get("consent", ())]
    empty = set(told)
    for record in itertools.chain(sample, rows) if empty else ():
        empty -= {index for index in empty if record.values[index : index + 1] not in ([], [""])}
        if not empty:
            break
    fields = dict(columns.fields)
    if empty:
        fields["consent"] = tuple(index for index in told if index not in empty)
    orders = _orders(columns, sample, said[0] if said else None)
    return replace(columns, fields=fields, orders=orders)


def _refuse_addresses_elsewhere(columns: Columns, sample: list[FileRow]) -> None:
    """A file of which no column is read for addresses holds some: its people would be called and
    never written to, and nobody would know why."""
    if "email" in columns.fields:
        return
    for _, index in columns.attributes:
        if index in columns.decided:
            continue
        if any(_holds_address(one) for row in sample for one in row.values[index : index + 1]):
            raise ColumnsError(
                sentence(
                    "the column “{column}” holds e-mail addresses, and none is read for them: map "
                    "it to {field}, {kept} (it is only kept) or {left_out} (leave it out).",
                    column=columns.header[index][:60],
                    field="email",
                    kept=KEPT,
                    left_out=LEFT_OUT,
                ),
                columns.header[index],
                "email",
            )


def _holds_address(value: str) -> bool:
    """An address, and no handle of a network or "met @ the fair"."""
    return any("." in one.rpartition("@")[2] for one in addresses_in(value))


def _orders(columns: Columns, sample: list[FileRow], said: Order | None) -> dict[int, Order | None]:
    """Of each column of days their order; None where every day tells by itself."""
    days = {index: found for _, index in columns.attributes if (found := _days(sample, index))}
    possible = {
        index: frozenset(ORDERS).intersection(*map(possible_orders, found))
        for index, found in days.items()
    }
    shown = {next(iter(orders)) for orders in possible.values() if len(orders) == 1}
    orders: dict[int, Order | None] = {}
    for index, found in days.items():
        unclear = [day for day in found if read_day(day) is None]
        left = possible[index] & ({said} if said else shown if len(shown) == 1 else {*ORDERS})
        if len(possible[index]) == 1 or not unclear:
            orders[index] = next(iter(possible[index])) if unclear else said
        elif len(left) == 1:
            orders[index] = next(iter(left))
        elif possible[index]:
            raise UnclearDaysError(
                sentence(
                    "whether a day such as {day} under “{column}” begins with the day, the month "
                    "or the year only its writer knows: name the order of its dates ({orders}).",
                    day=unclear[0],
                    column=columns.header[index][:60],
                    orders=", ".join(ORDERS),
                )
            )
        else:
            orders[index] = None
    return orders


def _days(sample: list[FileRow], index: int) -> list[str]:
    """The values of a column when all are days, and not all written by ISO 8601."""
    found: dict[str, None] = {}
    for record in sample:
        value = kept(record.values[index]) if index < len(record.values) else ""
        if not value or value in found:
            continue
        if len(value) > _LONGEST or not possible_orders(value):
            return []
        found[value] = None
    return [] if all(map(_NO_SUCH_DAY.fullmatch, found)) else list(found)
