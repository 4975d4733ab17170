"""Perennial's command line: ``python starter.py COMMAND``; see ``--help``."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

import settings
from cli import (
    account,
    cadence,
    keys,
    lead,
    meetings,
    opportunity,
    recycle,
    sending,
    stack,
    tasks,
    team,
    tokens,
    users,
    webhooks,
)
from cli.dossier import dossier
from cli.errors import UserError, stderr
from cli.import_leads import import_leads
from cli.prospect import prospect
from cli.sla import sla
from demo.command import demo
from embedded import StackError
from store.migrate import SchemaMismatch
from store.policies import PolicyMissing

app = typer.Typer(
    help="Runs every lead's journey as a durable workflow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(stack.app)
app.command("demo")(demo)
app.command("import")(import_leads)
app.command("prospect")(prospect)
app.add_typer(cadence.app, name="cadence")
app.add_typer(lead.app, name="lead")
app.add_typer(tasks.app, name="tasks")
app.add_typer(meetings.app, name="meetings")
app.add_typer(opportunity.app, name="opportunity")
app.command("sla")(sla)
app.command("dossier")(dossier)
app.add_typer(recycle.app, name="recycle")
app.add_typer(account.app, name="account")
app.add_typer(team.app, name="team")
app.add_typer(sending.app, name="sending")
app.add_typer(keys.app, name="keys")
app.add_typer(tokens.app, name="tokens")
app.add_typer(users.app, name="users")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Run one command; a mistake of the user's is one sentence on stderr and exit code 2."""
    try:
        _check_settings()
        app()
    except (UserError, StackError, SchemaMismatch, PolicyMissing) as error:
        stderr.print(str(error), markup=False)
        sys.exit(2)


def _check_settings() -> None:
    try:
        settings.get()
    except settings.UnsafeSetting as unsafe:
        raise UserError(str(unsafe)) from None
    except ValidationError as error:
        wrong = "; ".join(
            f"{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise UserError(
            f"An environment variable has a value that does not fit: {wrong}."
        ) from None


if __name__ == "__main__":
    main()
