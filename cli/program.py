"""All commands by what they are for. The module of one is imported when somebody asks for it:
most bring the database and Temporal with them, which the list of all does not need."""

from __future__ import annotations

import gc
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.groups import Commands


class Listed(TyperCommand):
    """A command or a group of commands, as the list of all shows it.

    Args:
        where: module and name of the function or of the group, as in ``cli.tasks:app``.
        what: for the list; a group's own help begins with it too.
        other: the singular or plural that is taken as well.
    """

    def __init__(self, name: str, where: str, what: str, other: str = "") -> None:
        super().__init__(name, help=what)
        self._where = where
        self.other = other

    def load(self) -> Any:
        """The command or the group itself."""
        # What is imported stays: it need not be looked through for garbage again and again.
        gc.disable()
        try:
            found = pkgutil.resolve_name(self._where)
        finally:
            gc.enable()
        made = Commands()
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=self.name, help=self.help)
        else:
            made.command(self.name)(found)
        return typer.main.get_group(made).commands[str(self.name)]


PANELS: Mapping[str, Sequence[Listed]] = {
    "Leads": (
        Listed("import", "cli.import_leads:import_leads", "Bring leads in from a CSV file."),
        Listed("lead", "cli.lead:app", "Look at leads and steer their journeys.", "leads"),
        Listed("dossier", "cli.dossier:dossier", "Read what made a lead, before a call."),
        Listed(
            "account", "cli.account:app", "Set accounts to do-not-market, start plays.", "accounts"
        ),
        Listed("recycle", "cli.recycle:app", "See who rests, and decide who comes back when."),
    ),
    "Sales": (
        Listed("tasks", "cli.tasks:app", "List, look at and finish tasks.", "task"),
        Listed(
            "meetings", "cli.meetings:app", "Book meetings, look at them, call them off.", "meeting"
        ),
        Listed(
            "opportunity",
            "cli.opportunity:app",
            "Open opportunities, look at them and close them.",
            "opportunities",
        ),
        Listed("prospect", "cli.prospect:prospect", "Have leads called that sales chose itself."),
        Listed("team", "cli.team:app", "See who is at work and who owns which lead.", "teams"),
        Listed("sla", "cli.sla:sla", "See how marketing and sales kept their promises."),
    ),
    "Marketing": (
        Listed(
            "cadence",
            "cli.cadence:app",
            "Check, publish and show cadences, policies and mails.",
            "cadences",
        ),
        Listed(
            "segment",
            "cli.segment:app",
            "See who is in a segment, and count what a condition holds for.",
            "segments",
        ),
        Listed(
            "form", "cli.form:app", "Publish hosted forms, and see what was sent by them.", "forms"
        ),
        Listed(
            "image", "cli.image:app", "Upload images for mails, list and delete them.", "images"
        ),
        Listed("history", "cli.history:app", "Bring in what leads did before, as a baseline."),
        Listed("funnel", "cli.funnel:funnel", "See how many leads reach which stage, and when."),
        Listed(
            "figures",
            "cli.figures:app",
            "See what leads cost and bring, and what sales does.",
        ),
        Listed("spend", "cli.spend:app", "Say what was spent on sources and campaigns."),
        Listed(
            "rates",
            "cli.rates:app",
            "Say what currencies are worth in the company's own.",
            "rate",
        ),
        Listed("sending", "cli.sending:app", "See whether mail goes out, and have it go on."),
    ),
    "Users and programs": (
        Listed("users", "cli.users:app", "Say who may sign in to the console.", "user"),
        Listed("notify", "cli.notify:app", "Choose what a user is told of, how and when."),
        Listed("tokens", "cli.tokens:app", "Make and revoke tokens of the REST API.", "token"),
        Listed("keys", "cli.keys:app", "Make and revoke write keys of the tracking API.", "key"),
        Listed("webhooks", "cli.webhooks:app", "Tell other programs what happens.", "webhook"),
    ),
    "Running it": (
        Listed("up", "cli.stack:up", "Start everything on this machine."),
        Listed("demo", "demo.command:demo", "Watch invented leads go through the whole loop."),
        Listed("doctor", "cli.stack:doctor_command", "Say what runs, and what is wrong with it."),
        Listed("migrate", "cli.stack:migrate_command", "Bring the database to this code's schema."),
    ),
}


class Program(TyperGroup):
    """The list of all commands, which finds one by its singular and by its plural."""

    # Typer has no public name for the classes of contexts and commands, hence Any.

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._others: dict[str, str] = {}
        for panel, listed in PANELS.items():
            for one in listed:
                one.rich_help_panel = panel
                self.add_command(one)
                self._others[one.other] = str(one.name)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command as the list shows it."""
        return super().get_command(ctx, self._others.get(cmd_name, cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself, and what it is given."""
        name, command, given = super().resolve_command(ctx, args)
        if isinstance(command, Listed):
            return command.name, command.load(), given
        return name, command, given
