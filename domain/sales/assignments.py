"""Why a rep got a lead: what an assignment keeps of the moment, and the sentences made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from domain.sales.routing import Considered
from domain.sales.team import RoutingRule
from domain.sentences import Sentence, Value
from domain.translations.translator import N_

First = Literal["", "account", "lead", "colleagues"]
"""Who was to be asked before the rules: who owns the account, who had the lead before, who works
with colleagues of the lead; '' for nobody."""
LONGEST = 100
"""Characters of a value that an assignment keeps."""

_BY_CAUSE: Mapping[str, str] = {
    "sla": N_(
        "{previous} did not keep a promise in time ({promise}), so a colleague got the lead."
    ),
    "absence": N_("{previous} is away, and something is due before {until}."),
    "cover": N_("{owner} does what is due while {previous} is away; the lead stays."),
}
_TURN = N_("By the rule “{rule}” it was the turn of {owner}.")
_NO_RULE = N_("No rule fits this lead, so any rep may take it: it was the turn of {owner}.")
_FIRST: Mapping[str, str] = {
    "account": N_("{owner} owns the account."),
    "lead": N_("{owner} had this lead before."),
    "colleagues": N_("{owner} works with colleagues of this lead."),
    "": N_("{owner} comes before the rules: the account, or the lead, was theirs."),
}
_NOBODY = N_("Nobody whom the rule “{rule}” names could take it.")
_NOBODY_AT_ALL = N_("No rule fits this lead, and no rep could take it.")
_BY_HAND = N_("{by} gave it to {owner}.")
_BY_HAND_AND_RULES = N_("{by} had it given to whoever's turn it was.")
_CONDITION = N_("The rule asks: {condition}")
_KNEW = N_("Known then: {known}")
_BACK: Mapping[str, str] = {
    "no_show": N_("The lead did not come to its meeting, so {owner} got the turn back."),
    "returned": N_("The lead was returned as unqualified, so {owner} got the turn back."),
}


@dataclass(frozen=True, kw_only=True)
class AssignmentFacts:
    """What an assignment was decided by, as it was then."""

    version: int = 0
    """Of the team policy; 0 where it was not asked."""
    condition: str = ""
    """That of the rule which fitted, in CEL; '' for one that takes every lead, and for none."""
    knew: Mapping[str, str] | None = None
    """What the condition reads → what was known of the lead."""
    first: First = ""
    turn: bool = False
    """Whether it counts in the rotation."""
    considered: Sequence[Considered] = ()
    """The reps whom the rules name, whoever got it first."""
    promise: str = ""
    """The promise that was not kept."""
    until: str = ""
    """When the rep of before is back (ISO 8601)."""

    def kept(self) -> dict[str, Any]:
        """As a row keeps it: what is empty is left out."""
        return {name: value for name, value in asdict(self).items() if value}


NOTHING_ASKED = AssignmentFacts()
"""Of an assignment that no rule had a part in."""


def facts_of(kept: Mapping[str, Any]) -> AssignmentFacts:
    """What a row keeps; of a row that keeps nothing, nothing is known."""
    looked_at = [Considered(**one) for one in kept.get("considered", ())]
    return AssignmentFacts(**{**kept, "considered": looked_at})


def what_it_read(rule: RoutingRule | None, facts: Mapping[str, Any]) -> dict[str, str]:
    """What the condition of a rule reads, and what is known of it, as text.

    Args:
        facts: ``lead`` and ``account``, as in ``FIT_FACTS``.
    """
    found = {}
    for path in sorted(rule.compiled.reads) if rule else ():
        value: Any = facts
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value not in (None, ""):
            found[path] = _as_text(value)[:LONGEST]
    return found


def why(
    *,
    cause: str,
    rule: str,
    owner: str,
    previous: str,
    by: str,
    facts: AssignmentFacts,
    turn_back: str = "",
    account_owner: str,
    name: Callable[[str], str],
) -> list[Sentence]:
    """Why the lead changed hands, in sentences.

    Args:
        cause, rule, owner, previous, by: of the assignment, people by their codes.
        turn_back: why the turn was given back; '' for not.
        account_owner: what ``rule`` is where somebody came before the rules.
        name: code → name.
    """
    values: dict[str, Value] = {
        "owner": name(owner),
        "previous": name(previous),
        "by": name(by),
        "rule": rule,
        "promise": facts.promise,
        "until": datetime.fromisoformat(facts.until) if facts.until else "",
    }
    patterns = list(_patterns(cause, rule, facts, account_owner))
    said = [Sentence(pattern, values) for pattern in patterns]
    if facts.condition:
        said.append(Sentence(_CONDITION, {"condition": facts.condition}))
    if facts.knew:
        known = [f"{path} = {value}" for path, value in facts.knew.items()]
        said.append(Sentence(_KNEW, {"known": known}))
    if turn_back in _BACK:
        said.append(Sentence(_BACK[turn_back], values))
    return said


def _patterns(cause: str, rule: str, facts: AssignmentFacts, account_owner: str) -> Iterator[str]:
    if cause == "reassigned":
        yield _BY_HAND_AND_RULES if rule or facts.version else _BY_HAND
        if not (rule or facts.version):
            return
    if known := _BY_CAUSE.get(cause):
        yield known
    if cause == "cover":
        return
    if cause == "unassigned":
        yield _NOBODY if rule else _NOBODY_AT_ALL
    elif rule == account_owner:
        yield _FIRST[facts.first]
    else:
        yield _TURN if rule else _NO_RULE


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
