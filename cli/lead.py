"""``lead …``: one lead and its journey."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

import settings as settings_module
from cli.arguments import AsJson, Limit, Who, lead_named
from cli.connect import database, operator, terminal
from cli.groups import group
from cli.journeys import with_temporal
from cli.lead_duplicates import duplicates, merge, not_duplicate, undo_merge
from cli.lead_erase import erase
from cli.lead_history import print_history, whereabouts
from cli.lead_play import play
from cli.lead_score import print_score, score_json
from cli.lead_why import why
from cli.lead_work import COMMANDS
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.consent.policy import OPERATIONAL_STOPS
from domain.contracts.journey import Phase, journey_id
from domain.contracts.waits import JourneyStatus
from domain.labels import STAGES, SUPPRESSIONS, label
from domain.plain_english import in_plain_english
from domain.refusals import TemporalAway
from runtime import addresses
from services import journeys, suppressions
from store.consent import consent
from store.scoring.scoring import explain
from store.views import leads
from store.views.journey_waits import journey_next
from store.views.lead_timeline import ENDLESS, HISTORY, history_length, in_words, timeline
from store.views.leads import LeadLine
from temporal import steering

app = group(
    "lead list --stage mql --order interest",
    "lead show ada@example.com",
    "lead add ada@example.com --cadence welcome-nurture",
    "lead move lead-41 Recycle",
)


@app.command("list")
def list_leads(
    stage: Annotated[str, typer.Option(help="Such as mql or recycled.")] = "",
    phase: Annotated[str, typer.Option(help="Such as Nurture or FollowUp.")] = "",
    order: Annotated[
        leads.LineOrder, typer.Option(help="phase: began last; fit, interest: the most first.")
    ] = "phase",
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List leads, those whose phase began last first."""
    with database().connect() as connection:
        found = leads.list_leads(
            connection,
            settings_module.get().clock().now(),
            stage=stage,
            phase=phase,
            order=order,
            limit=limit,
        )
    if printed(
        found, "/leads", as_json=as_json, as_csv=as_csv, filters={"stage": stage, "phase": phase}
    ):
        return
    if not found:
        Console().print("No leads here. `starter.py import FILE.csv` brings them in.")
        return
    print_list(
        listed(
            ("Lead", "Name", "Company", "Stage", "Phase", "Cycle", "Owner", "Score", "Fit"),
            (
                (
                    str(line.id),
                    line.name,
                    line.company,
                    label(STAGES, line.stage),
                    whereabouts(line.phase, line.phase_reason),
                    str(line.cycle),
                    line.owner or "-",
                    f"{line.score} {line.grade}",
                    f"{line.fit_points:+}",
                )
                for line in found
            ),
            whole=("Lead", "Owner", "Score", "Fit"),
        )
    )


@app.command("show")
def show(
    who: Who,
    most: Annotated[
        int, typer.Option("--history", min=1, max=10_000, help="Lines of what happened, the last.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Show a lead: where it is, why, what happens next, its score, and what happened."""
    lead = _lead(who)
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        explanation = explain(connection, lead.id, now)
        happened = timeline(connection, lead.id, ENDLESS, kinds=HISTORY, limit=most)[::-1]
        earlier = history_length(connection, lead.id) - len(happened)
        allowed = consent.consent_of(connection, consent.email_key_of(connection, lead.id))
    try:
        status = with_temporal(lambda client: steering.state_of(client, lead.id))
        following = _following(status)
    except TemporalAway as silent:  # The rest is in the database; it is what people look for.
        status, following = None, f"not known now. {silent}"
    if as_json:
        echo(
            json.dumps(
                {
                    **asdict(lead),
                    "journey": (asdict(status) if status else {}) | {"waiting_for": following}
                    if following
                    else None,
                    "suppressed": allowed.suppressed,
                    "refused_topics": sorted(allowed.refused),
                    "scoring": score_json(explanation),
                    "history": [asdict(in_words(one)) for one in happened],
                    "earlier": earlier,
                },
                default=str,
                ensure_ascii=False,
            )
        )
        return
    console = Console(highlight=False)
    console.print(f"[bold]{escape(lead.name)}[/bold] · {escape(lead.company or 'no company')}")
    where = whereabouts(lead.phase, lead.phase_reason)
    console.print(
        f"{label(STAGES, lead.stage)}, {where}, cycle {lead.cycle}, score {lead.score}, "
        f"owner {lead.owner or 'nobody'}"
    )
    if following:
        console.print(f"[bold]Next[/bold] {escape(following)}")
    if withheld := _withheld(allowed):
        console.print(f"[bold]Mail[/bold] {withheld}")
    address = settings_module.get()
    ui = addresses(address).temporal_ui
    if ui:
        path = f"namespaces/{address.temporal_namespace}/workflows/{journey_id(lead.id)}"
        console.print(f"[dim]{ui}/{path}[/dim]", soft_wrap=True)
    print_score(console, explanation)
    if earlier > 0:
        console.print(f"[dim]… {earlier:,} more before that: --history {most * 4} shows more[/dim]")
    print_history(happened, now)


def _following(status: JourneyStatus | None) -> str:
    """What happens next; '' when no journey is running."""
    if status is None:
        return ""
    with database().connect() as connection:
        return in_plain_english(journey_next(connection, status.wait))


def _withheld(allowed: consent.Consent) -> str:
    """What mail the lead does not get, and why; '' when it gets all."""
    if allowed.suppressed in OPERATIONAL_STOPS:
        return f"none at all: {label(SUPPRESSIONS, allowed.suppressed)}"
    if allowed.suppressed:
        return f"none from marketing: {label(SUPPRESSIONS, allowed.suppressed)}"
    return f"none on {', '.join(sorted(allowed.refused))}" if allowed.refused else ""


@app.command("score", context_settings={"ignore_unknown_options": True})
def score(
    who: Who,
    points: Annotated[
        int,
        typer.Argument(
            min=-leads.MOST_POINTS,
            max=leads.MOST_POINTS,
            help="Added to the score; may be negative.",
        ),
    ],
) -> None:
    """Add points to a lead's score, as an engagement of kind 'score'."""
    line = journeys.add_to_score(terminal(), operator(), _lead(who).id, points)
    Console().print(f"{journey_id(line.id)} has {line.score} points now.")


@app.command("pause")
def pause(who: Who) -> None:
    """Freeze a journey; the time that is left stays left."""
    lead = _lead(who)
    journeys.pause(terminal(), operator(), lead.id)
    Console().print(
        f"{journey_id(lead.id)} is told to pause. `lead resume` goes on with the time that was "
        "left."
    )


@app.command("resume")
def resume(who: Who) -> None:
    """Let a paused journey go on."""
    lead = _lead(who)
    journeys.resume(terminal(), operator(), lead.id)
    Console().print(f"{journey_id(lead.id)} is told to go on.")


@app.command("stop")
def stop(who: Who) -> None:
    """End a journey for good."""
    lead = _lead(who)
    journeys.stop(terminal(), operator(), lead.id)
    Console().print(f"{journey_id(lead.id)} is told to stop.")


@app.command("move")
def move(
    who: Who,
    phase: Annotated[str, typer.Argument(help=f"One of {', '.join(Phase)}.")],
) -> None:
    """Move a journey to another phase now."""
    lead = _lead(who)
    left = journeys.move(terminal(), operator(), lead.id, phase)
    Console().print(f"{journey_id(lead.id)} moves from {left} to {phase}.")


@app.command("suppress")
def suppress(
    who: Who,
    topic: Annotated[str, typer.Option(help="Only this topic of the consent policy.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in words; kept on record.")] = "",
) -> None:
    """Send a lead no more marketing mail, or none on one topic."""
    lead = _lead(who)
    suppressions.suppress(terminal(), operator(), lead.id, reason, topic)
    what = f"mail on {topic}" if topic else "marketing mail"
    Console().print(f"{journey_id(lead.id)} gets no more {what}. `lead permit` takes it back.")


@app.command("permit")
def permit(
    who: Who,
    evidence: Annotated[str, typer.Option(help="How you know that the lead wants mail again.")],
    topic: Annotated[str, typer.Option(help="Only this topic of the consent policy.")] = "",
    address_works: Annotated[
        bool, typer.Option("--address-works", help="Mail came back, and would not any more.")
    ] = False,
) -> None:
    """Let a lead have mail again that had said no, or whose mail came back."""
    lead = _lead(who)
    suppressions.permit(
        terminal(), operator(), lead.id, evidence, address_works=address_works, topic=topic
    )
    what = f"mail on {topic}" if topic else "mail"
    Console().print(
        f"{journey_id(lead.id)} may get {what} again. What was held back meanwhile stays unsent."
    )


def _lead(who: str) -> LeadLine:
    with database().connect() as connection:
        return lead_named(connection, who)


app.command("why")(why)
app.command("erase")(erase)
app.command("play")(play)
app.command("duplicates")(duplicates)
app.command("not-duplicate")(not_duplicate)
app.command("merge")(merge)
app.command("undo-merge")(undo_merge)
for name, command in COMMANDS.items():
    app.command(name)(command)
