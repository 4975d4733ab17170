"""What write keys and tokens have in common at the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.errors import stderr
from cli.output import printed
from cli.screen import Console, echo
from cli.tables import listed, print_list

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def show_once(what: str, secret: str) -> None:
    """Print a new one: alone on stdout, so that it can be piped."""
    stderr.print(f"This is the {what}. It is not kept and can't be shown again:", markup=False)
    echo(secret)


def show_all(
    key: str,
    path: str,
    found: Sequence[DataclassInstance],
    columns: Mapping[str, str],
    *,
    none: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print those there are.

    Args:
        key: what the list is called in JSON.
        path: of the same list in the API, under ``/api``.
        columns: heading of a column → field.
        none: what is said when there are none.
    """
    if printed(found, path, as_json=as_json, as_csv=as_csv, key=key):
        return
    if not found:
        Console().print(none)
        return
    rows = ([_shown(getattr(one, field)) for field in columns.values()] for one in found)
    print_list(listed(list(columns), rows))


def tell_revoked(what: str, name: str) -> None:
    """Say that one is taken no more."""
    Console().print(f"The {what} '{name}' is revoked.", markup=False)


def _shown(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value or "-")
