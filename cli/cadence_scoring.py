"""What newly published scoring rules do to the leads there are: forecast, and then progress."""

from __future__ import annotations

import math
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Connection, Engine

import settings as settings_module
from cli.errors import UserError, stderr
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import shown_time
from domain.scoring.policy import MEANINGS, ScoringPolicy
from store.published.policies import PolicyInForce, PolicyMissing, policy, policy_in_force
from store.publishing.known_attributes import unknown_attributes
from store.publishing.publishing import Checked
from store.scoring.scoring import RescoringForecast, forecast, how_many_leads
from store.scoring.scoring_runs import ScoringRunLine, newest_run, waiting


def show_forecast(engine: Engine, checked: Checked) -> bool:
    """Print what the scoring rules in these files would do to all leads; progress to stderr.

    Returns:
        Whether there was something to forecast: new rules, rules that they replace, and leads.
    """
    text, rules = checked.policies.get("scoring", ("", None))
    if not isinstance(rules, ScoringPolicy):
        return False
    with engine.connect() as connection:
        in_force = policy_in_force(connection, ScoringPolicy.name())
        leads = how_many_leads(connection)
        if in_force is None or in_force.source == text or not leads:
            return False
        try:
            found = _counted(connection, rules, leads)
        except PolicyMissing:
            # The rules in force were written for an earlier version of Perennial.
            return False
    _print_forecast(found, rules)
    return True


def _counted(connection: Connection, rules: ScoringPolicy, leads: int) -> RescoringForecast:
    with Progress(
        TextColumn("Trying the new rules on all leads"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    ) as progress:
        bar = progress.add_task("", total=leads)
        now = settings_module.get().clock().now()
        return forecast(connection, rules, now, lambda seen: progress.update(bar, completed=seen))


def show_unknown(engine: Engine, checked: Checked) -> None:
    """Print which attributes the conditions in these files ask for and nobody has."""
    console = Console(highlight=False)
    with engine.connect() as connection:
        unknown = unknown_attributes(connection, checked)
    for one in unknown:
        owner = "account" if one.name.startswith("account.") else "lead"
        console.print(
            f"{one.where}: no {owner} has {one.name}. {one.advice}".rstrip(), markup=False
        )


def _print_forecast(found: RescoringForecast, rules: ScoringPolicy) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]{_becomes(found, rules)}[/bold]")
    print_list(
        listed(
            (f"{_leads(found.leads)} mean", "now", "with the new rules"),
            (
                (meaning, f"{found.before.get(meaning, 0):,}", f"{found.after.get(meaning, 0):,}")
                for meaning in MEANINGS
            ),
            right=("now", "with the new rules"),
        )
    )
    for rule in found.matched_by_none:
        missing = found.unanswered.get(rule, 0)
        why = f"; it could not be answered for {missing:,} of them" if missing else ""
        console.print(f"The rule '{rule}' is matched by 0 leads{why}.", markup=False)


def _becomes(found: RescoringForecast, rules: ScoringPolicy) -> str:
    """What becomes of the leads that the table calls mql or hot."""
    if not found.ready:
        return "No lead would be ready for sales (mql or hot)."
    per_hour = rules.backlog_per_hour
    parts = []
    if found.would_cross:
        hours = math.ceil(found.would_cross / per_hour)
        parts.append(
            f"{found.would_cross:,} go to sales, {per_hour:,} an hour: the last of them in "
            f"{hours:,} {'hour' if hours == 1 else 'hours'}"
        )
    if found.on_entry:
        parts.append(f"{found.on_entry:,} when their journey begins, at the same pace")
    if others := found.ready - found.would_cross - found.on_entry:
        parts.append(f"{others:,} not now: sales has or had them, they rest, or have ended")
    return f"{_leads(found.ready)} would be ready for sales (mql or hot). {'; '.join(parts)}."


def print_scoring(engine: Engine) -> None:
    """Print the rules in force, and how far the newest counting by new rules is."""
    now = settings_module.get().clock().now()
    with engine.connect() as connection:
        in_force, run, still_waiting = _scoring(connection)
        portion = policy(connection, ScoringPolicy).backlog_per_hour
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    published = f"{in_force.published_at:%Y-%m-%d %H:%M} (UTC)"
    table.add_row("Rules in force", f"version {in_force.version}, published {published}")
    if run is None:
        table.add_row("Counted anew", "never: the rules have not changed since leads came")
    else:
        begun = shown_time(run.started_at, now)
        if run.rescored_at is None:
            all_leads = max(run.leads, run.rescored)
            counted = f"{run.rescored:,} of {_leads(all_leads)}, since {begun}"
        else:
            ended = shown_time(run.rescored_at, now)
            counted = f"all {_leads(run.rescored)}, from {begun} to {ended}"
        table.add_row("Counted anew", f"{counted}, by version {run.version}")
        table.add_row("Handed to sales", f"{run.escalated:,}")
        if run.finished_at is None:
            table.add_row("Still waiting", f"{still_waiting:,}; sales gets {portion:,} an hour")
        else:
            table.add_row("Still waiting", f"nobody, since {shown_time(run.finished_at, now)}")
    Console(highlight=False).print(table)


def scoring_json(engine: Engine) -> dict[str, Any]:
    """The same as one JSON object; ``run`` is None when leads were never counted anew."""
    with engine.connect() as connection:
        in_force, run, still_waiting = _scoring(connection)
    return {
        "rules": {
            "version": in_force.version,
            "published_at": in_force.published_at.isoformat(),
        },
        "run": run
        and {
            "version": run.version,
            "leads": run.leads,
            "scored": run.rescored,
            "handed_over": run.escalated,
            "waiting": still_waiting,
            "started_at": run.started_at.isoformat(),
            "scored_at": run.rescored_at and run.rescored_at.isoformat(),
            "finished_at": run.finished_at and run.finished_at.isoformat(),
        },
    }


def _scoring(connection: Connection) -> tuple[PolicyInForce, ScoringRunLine | None, int]:
    """The rules in force, the newest run, and how many leads still wait to be handed over."""
    in_force = policy_in_force(connection, ScoringPolicy.name())
    if in_force is None:
        raise UserError(
            "No scoring rules are published: `starter.py cadence publish` publishes the files in "
            "cadences/."
        )
    run = newest_run(connection)
    if run is None or run.finished_at is not None:
        return in_force, run, 0
    return in_force, run, waiting(connection, settings_module.get().clock().now())


def _leads(number: int) -> str:
    return f"{number:,} {'lead' if number == 1 else 'leads'}"
