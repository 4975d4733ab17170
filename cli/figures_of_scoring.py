"""``figures scoring`` and ``figures content``: what grades, rules, mails and pages say of what
becomes of leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import FromOfQuarter, FromOfYear, To, print_rows, printed_report, share_shown
from cli.screen import Console
from cli.times import day_or_none
from domain.figures.content import ContentReport
from domain.figures.scoring import Area, Goal, GradeRow, Lift, ScoringReport
from services import figures_of_scoring
from services.figures import FigureQuery

TEXT = ("so", "since", "ready", "of", "")
"""Columns that hold no numbers."""


def scoring(
    *,
    begins: FromOfYear = "",
    to: To = "",
    goal: Annotated[str, typer.Option(help=" or ".join(Goal))] = Goal.ACCEPTED.value,
    window: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Within how many days it counts.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what became of leads by grade, score, fit, rule and version of the definition of
    sales-ready. docs/figures.md says what each is."""
    asked = FigureQuery(day_or_none(begins, "--from"), day_or_none(to, "--to"), window=window)
    found = figures_of_scoring.scoring(terminal(), operator(), asked, goal)
    rows = figures_of_scoring.scoring_rows(found)
    if not printed_report(found, rows, "/figures/scoring", as_json=as_json, as_csv=as_csv):
        _show_scoring(found)


def content(
    *,
    begins: FromOfQuarter = "",
    to: To = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show which mails and pages leads saw before they went on, against leads of the same stage and
    week that did not, and which content for sales is used. It is observed, and proves no cause.
    docs/figures.md says what each is."""
    asked = FigureQuery(day_or_none(begins, "--from"), day_or_none(to, "--to"))
    found = figures_of_scoring.content(terminal(), operator(), asked)
    rows = figures_of_scoring.content_rows(found)
    if not printed_report(found, rows, "/figures/content", as_json=as_json, as_csv=as_csv):
        _show_content(found)


def _show_scoring(found: ScoringReport) -> None:
    say = Console(highlight=False).print
    within = f"within {found.window} days" if found.window else "so far"
    say(
        f"[bold]Scoring[/bold]  {found.begins} until before {found.ends} ({found.time_zone}), "
        f"{found.goal.value} {within}"
    )
    for title, rows in (
        ("Grades at the hand-over", found.grades),
        ("Fit of all that entered the funnel", found.letters),
    ):
        say(f"\n[bold]{title}[/bold]")
        _print(
            ("Grade", "leads", "immature", found.goal.value, "share", "lift", "95 %"),
            [_grade(one) for one in rows if one.kind is None or one.grade is None],
        )
    say(f"\nArea under the curve: score {_area(found.score_area)}, fit {_area(found.fit_area)}")
    say("\n[bold]Thresholds[/bold], of leads that were handed over")
    _print(
        ("From", "leads", "of all", "precision", "recall"),
        [
            (
                *(str(one.threshold), f"{one.leads:,}"),
                *map(share_shown, (one.share_of_leads, one.precision, one.recall)),
            )
            for one in found.thresholds
        ],
    )
    if one := found.suggestion:
        say(
            f"Suggested: {one.threshold}. {one.left_out:,} leads fewer, of which {one.missed:,} "
            f"were {found.goal.value}; {100 * one.difference:.1f} points more of the others "
            f"({100 * one.low:.1f} to {100 * one.high:.1f})."
        )
    else:
        say("No higher threshold is surely better.")
    say(f"\n[bold]Rules[/bold], of {found.looked_at:,} leads{_chosen(found.chosen)}")
    _print(
        ("Rule", "of", "points", "leads", "share", "lift", "95 %", "so"),
        [
            (
                *(one.rule, one.about, f"{one.points:+}", f"{one.leads:,}", share_shown(one.share)),
                *(*lift(one), one.verdict.value.replace("_", " ")),
            )
            for one in found.rules
        ],
    )
    say("\n[bold]What sales-ready meant[/bold]")
    _print(
        ("Version", "since", "ready", "leads", found.goal.value, "share"),
        [
            (
                str(one.version),
                *(str(one.first_day(found.time_zone) or "-"), " ".join(one.ready)),
                *(f"{one.leads:,}", f"{one.reached:,}", share_shown(one.share)),
            )
            for one in found.versions
        ],
    )


def _grade(one: GradeRow) -> tuple[str, ...]:
    name = one.grade or (one.kind.value.replace("_", "-") if one.kind else "all")
    counted = (f"{one.leads:,}", f"{one.immature:,}", f"{one.reached:,}")
    return (name, *counted, share_shown(one.share), *lift(one))


def _area(found: Area) -> str:
    if found.area is None or found.low is None or found.high is None:
        return f"too few ({found.reached:,} against {found.others:,})"
    return f"{found.area:.2f} ({found.low:.2f} to {found.high:.2f})"


def _show_content(found: ContentReport) -> None:
    say = Console(highlight=False).print
    say(
        f"[bold]Content[/bold]  {found.weeks} weeks from {found.begins} on ({found.time_zone}); "
        f"{found.standing:,} leads by week, {found.went_on:,} went on{_chosen(found.chosen)}"
    )
    say("Observed, not tried: who saw something may have been about to go on anyway.")
    _print(
        ("Seen", "", "leads", "went on", "share", "control", "difference", "95 %"),
        [
            (
                *(one.name, one.kind.value, f"{one.leads:,}", f"{one.went_on:,}"),
                *(share_shown(one.share), share_shown(one.control_share), *_difference(one)),
            )
            for one in found.rows
        ],
    )
    say("\n[bold]Content for sales[/bold]: mails and notes of sales with its address")
    _print(("Content", "uses"), [(one.title, f"{one.uses:,}") for one in found.sales])
    say("Which snippets and talk tracks are used nobody records: they are not counted.")
    say("Mails that go out by themselves after a call count only where sales changed their words.")


def _difference(one: object) -> Iterable[str]:
    difference, low, high = (getattr(one, name) for name in ("difference", "low", "high"))
    if difference is None:
        return ("too few", "")
    return (f"{100 * difference:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}")


def lift(one: Lift) -> tuple[str, str]:
    """The lift, and its interval."""
    if one.lift is None:
        return ("-", "")
    return (f"{one.lift:.2f}", f"{one.lift_low:.2f} to {one.lift_high:.2f}")


def _chosen(by_chance: bool) -> str:
    return ", chosen by chance among more" if by_chance else ""


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print_rows(headings, rows, TEXT)
