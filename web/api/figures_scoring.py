"""``/api/figures/scoring``, ``/content`` and ``/win-loss``: what grades, rules, mails and traits
say of what becomes of leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from domain.access import Action
from domain.figures.content import ContentReport
from domain.figures.leaks import LEAK_DAYS
from domain.figures.scoring import SCORING_DAYS, Goal, ScoringReport
from domain.figures.win_loss import WinLossBy, WinLossReport
from domain.inputs import Code, Day
from services import figures_of_scoring, figures_of_win_loss
from services.figures import FigureQuery
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.figures import CSV_ANSWER, PeriodParameters, figures_file

router = APIRouter(prefix="/figures", tags=["figures"])
Reader = Annotated[Caller, Depends(may(Action.READ_FIGURES))]


class ScoringParameters(PeriodParameters):
    """What is asked of scoring: of leads that were handed over in the period, and of letters and
    rules those that entered the funnel in it."""

    begins: Day | None = Field(
        None,
        alias="from",
        description=f"First day, of the company's time zone; {SCORING_DAYS} days.",
    )
    goal: Code = Field(Goal.ACCEPTED.value, description=" or ".join(Goal))
    window: int | None = Field(
        None, le=10_000, description="Days within which it counts; as long as it took."
    )


class ContentParameters(PeriodParameters):
    """The days in whole weeks of which leads saw something."""

    begins: Day | None = Field(
        None, alias="from", description=f"First day, of the company's time zone; {LEAK_DAYS} days."
    )


class WinLossParameters(PeriodParameters):
    """The days in which opportunities ended."""

    begins: Day | None = Field(
        None,
        alias="from",
        description=f"First day, of the company's time zone; {SCORING_DAYS} days.",
    )
    by: Code | None = Field(None, description=f"Split by {', '.join(WinLossBy)}.")


@router.get("/scoring")
def show_scoring(
    context: CurrentContext, caller: Reader, query: Annotated[ScoringParameters, Query()]
) -> ScoringReport:
    """What became of leads by grade, score, letter of fit, rule, and version of the definition of
    sales-ready; for an SDR of the team's."""
    asked = FigureQuery(query.begins, query.to, window=query.window)
    return figures_of_scoring.scoring(context, caller, asked, query.goal)


@router.get("/scoring.csv", response_class=Response, responses=CSV_ANSWER)
def scoring_file(
    context: CurrentContext, caller: Reader, query: Annotated[ScoringParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each grade, letter, threshold, rule and version."""
    found = show_scoring(context, caller, query)
    rows = figures_of_scoring.scoring_rows(found)
    return figures_file(context, caller, "figures/scoring", rows, query, behind=found.behind)


@router.get("/content")
def show_content(
    context: CurrentContext, caller: Reader, query: Annotated[ContentParameters, Query()]
) -> ContentReport:
    """Mails and pages that leads saw in the week before they went on, against leads of the same
    stage and week that did not; and which content for sales is used. It is observed, and proves no
    cause. For an SDR of the team's leads."""
    return figures_of_scoring.content(context, caller, FigureQuery(query.begins, query.to))


@router.get("/content.csv", response_class=Response, responses=CSV_ANSWER)
def content_file(
    context: CurrentContext, caller: Reader, query: Annotated[ContentParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each mail, page and piece of content for sales."""
    found = show_content(context, caller, query)
    rows = figures_of_scoring.content_rows(found)
    return figures_file(context, caller, "figures/content", rows, query, behind=found.behind)


@router.get("/win-loss")
def show_win_loss(
    context: CurrentContext, caller: Reader, query: Annotated[WinLossParameters, Query()]
) -> WinLossReport:
    """Why opportunities ended as they did, leads that rest after a loss now, and what won ones have
    in common, with rules of fit that it suggests; a person publishes them. For an SDR of the team's
    leads."""
    asked = FigureQuery(query.begins, query.to, by=query.by)
    return figures_of_win_loss.win_loss(context, caller, asked)


@router.get("/win-loss.csv", response_class=Response, responses=CSV_ANSWER)
def win_loss_file(
    context: CurrentContext, caller: Reader, query: Annotated[WinLossParameters, Query()]
) -> Response:
    """The same as a CSV file (UTF-8): a row for each outcome, reason, competitor, time since the
    loss, and trait."""
    found = show_win_loss(context, caller, query)
    rows = figures_of_win_loss.win_loss_rows(found)
    return figures_file(context, caller, "figures/win-loss", rows, query, behind=found.behind)
