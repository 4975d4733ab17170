"""What a new team policy would have done with the leads of the last month."""

from __future__ import annotations

from sqlalchemy import Engine

import settings as settings_module
from cli.screen import Console
from cli.tables import listed, print_list
from store.publishing.consequences import routing_of
from store.publishing.publishing import Checked
from store.routing.dry_run import RoutingDryRun


def show_routing(engine: Engine, checked: Checked) -> bool:
    """Print what the team policy in these files would have done with the leads of the last month.

    Returns:
        Whether any lead would have gone to somebody else.
    """
    with engine.connect() as connection:
        found = routing_of(connection, checked, settings_module.get().clock().now())
    if found is None or not found.of:
        return False
    _print(found)
    return found.differ > 0


def _print(found: RoutingDryRun) -> None:
    console = Console(highlight=False)
    console.print(
        f"[bold]{found.differ:,} of {_leads(found.leads)} of the last month would have gone to "
        f"somebody else; nobody would have got {found.nobody_after:,} (now "
        f"{found.nobody_before:,}).[/bold]"
    )
    print_list(
        listed(
            ("Rep", "now", "with the new rules"),
            ((one.rep, f"{one.before:,}", f"{one.after:,}") for one in found.shares),
            right=("now", "with the new rules"),
        )
    )
    if found.leads < found.of:
        console.print(f"Of {_leads(found.of)} all others would have taken too long to try.")


def _leads(number: int) -> str:
    return f"{number:,} {'lead' if number == 1 else 'leads'}"
