"""What publishing something would do, before it is done. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.sales.team import TeamPolicy
from domain.scoring.policy import ScoringPolicy
from store.published.policies import PolicyMissing, policy_in_force
from store.publishing.known_attributes import UnknownAttribute, unknown_attributes
from store.publishing.publishing import Checked, cadences_with
from store.routing.dry_run import RoutingDryRun, dry_run
from store.routing.roster import team_policy
from store.scoring.scoring import RescoringForecast, forecast, page_of_leads


@dataclass(frozen=True)
class Consequences:
    """``leads`` are in a cadence that gets a new version, and go on in the one they began;
    ``cadences`` get a new version because a mail of theirs does; ``per_hour`` is how many leads
    sales gets in an hour of those that new scoring rules make ready; ``unknown`` is what conditions
    ask for and nobody has; ``routing`` is what another team policy would have done with the leads
    of the last month."""

    leads: int
    cadences: list[str]
    forecast: RescoringForecast | None
    per_hour: int
    unknown: list[UnknownAttribute]
    routing: RoutingDryRun | None


def consequences(connection: Connection, checked: Checked, now: datetime) -> Consequences:
    """What publishing these texts, which have no problems, would do; nothing is written.

    Args:
        now: journey time, UTC.
    """
    own = [cadence.name for _, cadence in checked.cadences.values()]
    leads = connection.scalar(
        text(
            "SELECT count(*) FROM enrollment WHERE ended_at IS NULL AND cadence_version_id IN "
            "(SELECT id FROM cadence_version WHERE name = ANY(:names))"
        ),
        {"names": own},
    )
    cadences = {one for mail in checked.templates for one in cadences_with(connection, mail.name)}
    rules = _scoring(checked)
    return Consequences(
        leads=leads or 0,
        cadences=sorted(cadences - set(own)),
        forecast=forecast_of(connection, checked, now),
        per_hour=rules.backlog_per_hour if rules else 0,
        unknown=unknown_attributes(connection, checked),
        routing=routing_of(connection, checked, now),
    )


def routing_of(connection: Connection, checked: Checked, now: datetime) -> RoutingDryRun | None:
    """What the team policy among these texts would have done with the leads of the last month; None
    when there is none, when it holds already, or when there is nothing to compare it with."""
    source, other = checked.policies.get(TeamPolicy.name(), ("", None))
    published, in_force = policy_in_force(connection, TeamPolicy.name()), team_policy(connection)
    if not isinstance(other, TeamPolicy) or published is None or in_force is None:
        return None
    return None if published.source == source else dry_run(connection, in_force, other, now)


def forecast_of(
    connection: Connection, checked: Checked, now: datetime, ids: Sequence[int] | None = None
) -> RescoringForecast | None:
    """What the scoring rules among these texts would make of all leads, or of these; None when
    there are none, when they hold already, or when there is nothing to compare them with."""
    rules = _scoring(checked)
    in_force = policy_in_force(connection, ScoringPolicy.name())
    if rules is None or in_force is None or in_force.source == checked.policies["scoring"][0]:
        return None
    if not (page_of_leads(connection, 0, 1) if ids is None else ids):
        return None
    try:
        return forecast(connection, rules, now, lambda _seen: None, ids)
    except PolicyMissing:
        # The rules in force were written for an earlier version of Perennial.
        return None


def _scoring(checked: Checked) -> ScoringPolicy | None:
    rules = checked.policies.get("scoring", ("", None))[1]
    return rules if isinstance(rules, ScoringPolicy) else None
