"""A lead's journey, steered by people: points, prospecting, pause, resume, stop, move."""

from __future__ import annotations

from collections.abc import Sequence

from domain.access import Action
from domain.contracts.journey import Phase
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import changes, found, may_see
from services.context import Context
from store.access.api_tokens import Caller
from store.routing.prospects import Prospected
from store.routing.prospects import prospect as queue
from store.views.leads import LeadLine, add_points, find_lead
from temporal import steering


@changes(Action.SCORE_LEADS, "POST /leads/{lead_id}/score", keep=("points",))
def add_to_score(context: Context, caller: Caller, lead_id: int, points: int) -> LeadLine:
    """Add points to a lead's score, or take some away; the lead as it is with them.

    Raises:
        Missing: there is no such lead for this caller.
    """
    now = context.clock.now()
    with context.database.begin() as connection:
        may_see(connection, caller, lead_id)
        add_points(connection, lead_id, points, now)
        return found(
            find_lead(connection, str(lead_id), now),
            sentence("There is no lead {lead}.", lead=lead_id),
        )


@changes(Action.CALL_PROSPECTS, "POST /leads/prospects", keep=("owner",))
def prospect(context: Context, caller: Caller, leads: Sequence[str], owner: str = "") -> Prospected:
    """Have sales call leads of its own accord: no qualification, the rules for outbound leads.

    Args:
        leads: ids, lead-IDs or e-mail addresses.
        owner: code of the rep who calls them; '' leaves it to routing.

    Raises:
        Conflict: the rep can't take so many.
    """
    with context.database.begin() as connection:
        return queue(connection, leads, context.clock.now(), owner=owner, by=caller.by)


@changes(Action.PAUSE_LEADS, "POST /leads/{lead_id}/pause")
def pause(context: Context, caller: Caller, lead_id: int) -> None:
    """Freeze a journey; the time that is left stays left.

    Raises:
        Missing, NoJourney, TemporalAway
    """
    _order(context, caller, lead_id, "pause")


@changes(Action.PAUSE_LEADS, "POST /leads/{lead_id}/resume")
def resume(context: Context, caller: Caller, lead_id: int) -> None:
    """Let a paused journey go on.

    Raises:
        Missing, NoJourney, TemporalAway
    """
    _order(context, caller, lead_id, "resume")


@changes(Action.MOVE_LEADS, "POST /leads/{lead_id}/stop")
def stop(context: Context, caller: Caller, lead_id: int) -> None:
    """End a journey for good.

    Raises:
        Missing, NoJourney, TemporalAway
    """
    _order(context, caller, lead_id, "stop")


@changes(Action.MOVE_LEADS, "POST /leads/{lead_id}/move", keep=("phase",))
def move(context: Context, caller: Caller, lead_id: int, phase: str) -> str:
    """Move a journey to another phase now; the phase it leaves.

    Raises:
        Invalid: there is no such phase.
        Conflict: the journey can't go there.
        Missing, NoJourney, TemporalAway
    """
    _see(context, caller, lead_id)
    if phase not in list(Phase):
        raise Invalid(
            sentence(
                "There is no phase '{phase}'; choose {phases}.",
                phase=phase,
                phases=[one.value for one in Phase],
            ),
            "phase",
        )
    return context.in_temporal(lambda client: steering.move(client, lead_id, phase))


def _order(context: Context, caller: Caller, lead_id: int, what: steering.Order) -> None:
    _see(context, caller, lead_id)
    context.in_temporal(lambda client: steering.order(client, lead_id, what))


def _see(context: Context, caller: Caller, lead_id: int) -> None:
    with context.database.connect() as connection:
        may_see(connection, caller, lead_id)
