"""Routing: which rep gets a lead.

:func:`eligible` says who may, in groups of preference; :func:`assign` picks one who has room.
Both are pure: whoever calls them holds the lock that keeps two leads from racing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from domain.rules.facts import prepared
from domain.sales.team import RoutingRule, TeamPolicy, TeamRep


@dataclass(frozen=True)
class Candidate:
    """A rep who is at work, as routing sees it.

    ``given`` counts the leads the rep was given so far. Count all candidates over the same time,
    and not from before one of them came, else the newcomer gets every lead until it is level.
    """

    code: str
    weight: int
    open_leads: int
    cap: int
    given: int


Standing = Literal["chosen", "later_turn", "full", "away", "less_suited", "had_it"]
"""How a rep stood when a lead was given: whose turn it was; the turn of another; no room under the
cap; not at work; fewer of territories, languages and segments suit; to be taken from."""
MOST_CONSIDERED = 30
"""Reps of one choice that are written down."""


@dataclass(frozen=True)
class Considered:
    """A rep whom the rules name for a lead, as they stood when it was given. Of who is not at work
    the counts are not known: 0."""

    rep: str
    standing: Standing
    open_leads: int
    cap: int
    given: int
    weight: int


def choose(candidates: Sequence[Candidate]) -> str | None:
    """The code of the rep who gets the next lead; None when nobody has room.

    Of those with fewer open leads than their cap, the rep with the smallest
    (given + 1) / weight, ties by code, is chosen, passing over who would be a whole lead ahead of
    their share. So each is always within one lead of the share that the weights say, as long as
    the same reps have room (the quota method: Balinski and Young, The Quota Method of
    Apportionment, 1975).
    """
    free = [candidate for candidate in candidates if candidate.open_leads < candidate.cap]
    weights = sum(candidate.weight for candidate in free)
    leads = sum(candidate.given for candidate in free) + 1
    due = [one for one in free if one.given * weights < leads * one.weight]
    if not due:
        return None
    return min(due, key=lambda one: (Fraction(one.given + 1, one.weight), one.code)).code


def assign(groups: Iterable[Sequence[str]], candidates: Mapping[str, Candidate]) -> str | None:
    """The rep who gets a lead: of the first group in which anyone is at work and has room.

    ``candidates`` are the reps at work by code; None when nobody can take the lead.
    """
    for group in groups:
        chosen = choose([candidates[code] for code in group if code in candidates])
        if chosen is not None:
            return chosen
    return None


def considered(
    groups: Iterable[Sequence[str]],
    at_work: Mapping[str, Candidate],
    chosen: str,
    without: Iterable[str] = (),
) -> list[Considered]:
    """How each rep of ``groups`` stood when ``chosen`` ('' for nobody) was given the lead, in the
    order in which they were asked; of many the first."""
    had_it, found, is_over = set(without), [], False
    for group in groups:
        for code in group:
            one = at_work.get(code)
            standing: Standing = "later_turn"
            if code in had_it:
                standing = "had_it"
            elif one is None:
                standing = "away"
            elif code == chosen:
                standing = "chosen"
            elif one.open_leads >= one.cap:
                standing = "full"
            elif is_over:
                standing = "less_suited"
            counts = (one.open_leads, one.cap, one.given, one.weight) if one else (0, 0, 0, 0)
            found.append(Considered(code, standing, *counts))
        is_over = is_over or chosen in group
    found.sort(key=lambda one: one.standing != "chosen")
    return found[:MOST_CONSIDERED]


def eligible(
    policy: TeamPolicy,
    lead: Mapping[str, Any],
    account: Mapping[str, Any],
    now: datetime,
    account_owner: str = "",
) -> list[list[str]]:
    """Codes of the reps who may take a lead, in groups, the most preferred first.

    The owner of the account comes first, if that is the setting and the owner is a rep. The first
    rule that fits says who may; of those, reps whose territories, languages and segments all suit
    the lead come before those with one that doesn't, and so on. A lead that no rule fits may go
    to any rep. ``lead`` and ``account`` hold facts as in ``FIT_FACTS``; the segment is the
    attribute ``segment`` of the account, else of the lead. ``now`` is journey time, UTC.
    """
    groups: list[list[str]] = []
    owner = account_owner if policy.account_owner_first and policy.rep(account_owner) else ""
    if owner:
        groups.append([owner])
    by_misfits: dict[int, list[str]] = {}
    for rep in _allowed(policy, lead, account, now):
        if rep.code != owner:
            by_misfits.setdefault(_misfits(rep, lead, account), []).append(rep.code)
    return groups + [by_misfits[misfits] for misfits in sorted(by_misfits)]


def rule_for(
    policy: TeamPolicy, lead: Mapping[str, Any], account: Mapping[str, Any], now: datetime
) -> RoutingRule | None:
    """The first rule that fits the lead, whose facts are those of ``FIT_FACTS``; ``now`` is journey
    time, UTC."""
    facts = prepared({"lead": lead, "account": account}, now)
    return next((rule for rule in policy.routing if rule.compiled.holds(facts)), None)


def _allowed(
    policy: TeamPolicy, lead: Mapping[str, Any], account: Mapping[str, Any], now: datetime
) -> Sequence[TeamRep]:
    rule = rule_for(policy, lead, account, now)
    if rule is None:
        return policy.reps
    return [
        rep for rep in policy.reps if rep.code in rule.to or policy.team_of(rep).team in rule.to
    ]


def _misfits(rep: TeamRep, lead: Mapping[str, Any], account: Mapping[str, Any]) -> int:
    """How many of the rep's territories, languages and segments don't suit the lead."""
    segment = _attribute(account, "segment") or _attribute(lead, "segment")
    wanted = (
        (rep.territories, lead.get("country")),
        (rep.languages, lead.get("language")),
        (rep.segments, segment),
    )
    return sum(bool(theirs) and value not in theirs for theirs, value in wanted)


def _attribute(facts: Mapping[str, Any], name: str) -> Any:
    return (facts.get("attributes") or {}).get(name)
