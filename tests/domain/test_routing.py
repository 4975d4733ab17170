"""Routing: a wrong turn sends a lead to a rep who is full, away, or can't speak with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.checking.sales_lint import lint_team
from domain.rules.facts import SOME_DAY
from domain.sales.routing import Candidate, assign, choose, eligible
from domain.sales.team import TeamPolicy, TeamRep
from domain.sales.team_checks import DEFAULT_TEAM

Facts = Mapping[str, Any]
SHIPPED = Path(__file__).parents[2] / "cadences" / "team.yaml"


def groups_of(policy: TeamPolicy, lead: Facts, account: Facts, owner: str = "") -> list[list[str]]:
    """Who may take a lead."""
    return eligible(policy, lead, account, SOME_DAY, owner)


def team(text: str) -> TeamPolicy:
    """The policy in a file that is right."""
    policy, problems = lint_team(text, "team.yaml")
    assert policy is not None, problems
    return policy


def found(text: str) -> list[str]:
    """The problems of a team file, without its name."""
    return [str(problem).removeprefix("t.yaml:") for problem in lint_team(text, "t.yaml")[1]]


def give(reps: dict[str, Candidate], code: str) -> None:
    """One more lead for a rep."""
    rep = reps[code]
    reps[code] = Candidate(code, rep.weight, rep.open_leads + 1, rep.cap, rep.given + 1)


def astray(reps: dict[str, Candidate]) -> float:
    """How many leads the rep farthest from their share is off it, of those with room."""
    free = [rep for rep in reps.values() if rep.open_leads < rep.cap]
    weights, leads = sum(rep.weight for rep in free), sum(rep.given for rep in free)
    return max((abs(rep.given - leads * rep.weight / weights) for rep in free), default=0)


def candidates(weights: list[int], caps: list[int]) -> dict[str, Candidate]:
    """Reps with nothing yet."""
    return {
        f"rep-{at:02}": Candidate(f"rep-{at:02}", weight, 0, cap, 0)
        for at, (weight, cap) in enumerate(zip(weights, caps, strict=True))
    }


@settings(max_examples=15)
@given(st.lists(st.integers(1, 20), min_size=20, max_size=20))
def test_a_thousand_leads_are_spread_as_the_weights_say_at_every_moment(weights: list[int]) -> None:
    """Reps compare: nobody is ever a whole lead ahead of their share, or behind it."""
    reps = candidates(weights, [1000] * 20)
    for _ in range(1000):
        give(reps, choose(list(reps.values())) or "")
        assert astray(reps) < 1

    assert sum(rep.given for rep in reps.values()) == 1000


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 20), min_size=20, max_size=20),
    st.lists(st.integers(0, 90), min_size=20, max_size=20),
)
def test_a_thousand_leads_never_go_over_a_cap_and_none_is_lost(
    weights: list[int], caps: list[int]
) -> None:
    """What nobody can take waits in the unassigned, and only that."""
    reps = candidates(weights, caps)
    unassigned = 0
    for _ in range(1000):
        code = choose(list(reps.values()))
        if code is None:
            unassigned += 1
        else:
            give(reps, code)
            # Who fills up leaves what they were ahead or behind, less than a lead, to the others.
            assert astray(reps) < 2

    assert all(rep.open_leads <= rep.cap for rep in reps.values())
    assert unassigned == max(0, 1000 - sum(caps))
    assert sum(rep.given for rep in reps.values()) == min(1000, sum(caps))


def test_a_heavy_rep_takes_turns_with_the_light_ones() -> None:
    """Ten leads in a row for the rep of weight three leaves the first ones waiting."""
    reps = candidates([3, 1, 1, 1], [100] * 4)
    turns = []
    for _ in range(6):
        turns.append(choose(list(reps.values())) or "")
        give(reps, turns[-1])

    assert turns == ["rep-00", "rep-01", "rep-00", "rep-02", "rep-00", "rep-03"]


@given(st.permutations(list(candidates([3, 1, 2, 2], [9, 9, 0, 9]).values())))
def test_the_choice_does_not_depend_on_the_order_of_the_rows(rows: list[Candidate]) -> None:
    """Two workers that read the same rows choose the same rep."""
    assert choose(rows) == "rep-00"


def test_a_full_or_absent_group_leaves_the_lead_to_the_next() -> None:
    """The account's owner is on leave, the best rep is full: a third is called upon."""
    full = Candidate("full", 1, 500, 500, 0)
    free = Candidate("free", 1, 0, 500, 7)
    groups = [["owner-on-leave"], ["full"], ["free"]]

    assert assign(groups, {"full": full, "free": free}) == "free"
    assert assign(groups, {"full": full}) is None
    assert choose([]) is None


def test_a_file_of_reps_alone_is_one_team_that_takes_every_lead() -> None:
    """Files of before there were teams stay in force, and so do stored versions of them."""
    old = {"policy": "team", "reps": [{"code": "rep-1", "name": "Hana", "email": "hana@p.example"}]}
    policy = TeamPolicy.model_validate(old)

    assert policy.team_of(policy.reps[0]).team == DEFAULT_TEAM
    assert policy.reps[0].cap == 500
    assert groups_of(policy, {"country": "KR"}, {}) == [["rep-1"]]
    assert team(json.dumps(old)) == policy
    routed = json.dumps({**old, "routing": [{"rule": "all", "to": DEFAULT_TEAM}]})
    assert groups_of(team(routed), {}, {}) == [["rep-1"]]


def test_the_shipped_team_routes_korea_iberia_and_the_rest() -> None:
    """The file in the project is the first that anyone reads."""
    policy = team(SHIPPED.read_text(encoding="utf-8"))
    stored = json.loads(json.dumps(policy.model_dump(mode="json", by_alias=True)))

    assert TeamPolicy.model_validate(stored) == policy
    assert groups_of(policy, {"country": "KR", "language": "ko"}, {}) == [["rep-3"]]
    assert groups_of(policy, {"country": "BR", "language": "pt"}, {}) == [["rep-1", "rep-4"]]
    assert groups_of(policy, {"country": "US", "language": "de"}, {}) == [
        ["rep-1", "rep-2"],
        ["rep-4"],
    ]
    assert [policy.team_of(rep).team for rep in policy.reps].count("world") == 3
    korea, world, *_ = policy.teams
    assert policy.alerted(korea) == ["mgr-korea"]
    assert policy.alerted(world) == ["mgr-world", "mgr-korea"]


REPS = """
policy: team
reps:
  - {code: a, name: A, email: a@p.example, territories: [KR], languages: [ko], segments: [large]}
  - {code: b, name: B, email: b@p.example, territories: [KR], languages: [en]}
  - {code: c, name: C, email: c@p.example, territories: [US]}
  - {code: d, name: D, email: d@p.example}
"""


def test_who_suits_the_lead_better_is_asked_first() -> None:
    """A Korean lead of a large account is best asked by who knows both."""
    policy = team(REPS)
    lead = {"country": "KR", "language": "ko", "attributes": {"segment": "small"}}

    assert groups_of(policy, lead, {"attributes": {"segment": "large"}}) == [["a", "d"], ["b", "c"]]
    assert groups_of(policy, lead, {}) == [["d"], ["a", "b", "c"]]
    assert groups_of(policy, {}, {}) == [["d"], ["c"], ["b"], ["a"]]


def test_the_owner_of_the_account_comes_first_if_that_is_the_setting() -> None:
    """Two reps who work one account surprise the customer."""
    lead = {"country": "KR", "language": "ko"}
    unasked = team(REPS + "account_owner_first: false\n")

    assert groups_of(team(REPS), lead, {}, "c")[0] == ["c"]
    assert list(chain(*groups_of(team(REPS), lead, {}, "c"))).count("c") == 1
    assert groups_of(team(REPS), lead, {}, "left-last-year") == groups_of(team(REPS), lead, {})
    assert groups_of(unasked, lead, {}, "c") == groups_of(unasked, lead, {})


def test_the_first_rule_that_fits_decides_and_one_that_cant_be_answered_does_not_fit() -> None:
    """A lead without the attribute must not get stuck on the rule that asks for it."""
    policy = team(
        REPS + "routing:\n"
        "  - {rule: big, if: 'int(lead.attributes.employees) > 500', to: a}\n"
        "  - {rule: ours, if: 'account.domain.endsWith(\".kr\")', to: [c, b]}\n"
    )

    assert groups_of(policy, {"attributes": {"employees": "900"}}, {"domain": "x.kr"}) == [["a"]]
    assert groups_of(policy, {"attributes": {}}, {"domain": "x.kr"}) == [["c"], ["b"]]
    assert len(list(chain(*groups_of(policy, {"attributes": {}}, {"domain": "x.com"})))) == 4


def test_days_in_a_rule_are_counted_by_the_clock_of_the_journey() -> None:
    """A dry run over last month would judge each lead as of today, not as it came."""
    rule = "{rule: soon, if: 'daysUntil(lead.attributes.renewal) < 30', to: a}"
    policy = team(REPS + f"routing:\n  - {rule}\n")
    lead = {"attributes": {"renewal": "2026-01-20"}}

    assert eligible(policy, lead, {}, SOME_DAY) == [["a"]]
    assert len(list(chain(*eligible(policy, lead, {}, SOME_DAY - timedelta(days=90))))) == 4


TEAMS = (
    "policy: team\n"
    "teams: [{team: kr, manager: boss}, {team: eu}]\n"
    "managers: [{code: boss, name: B, email: b@p.example}]\n"
    "reps:\n"
    "  - {code: r1, name: A, email: a@p.example, team: kr}\n"
    "  - {code: r2, name: A, email: a@p.example, team: eu%s}\n"
    "routing:\n"
    "  - %s\n"
)


@pytest.mark.parametrize("email", ["hana kim@p.example", "hana", "hana@p.example, jo@p.example"])
def test_an_address_of_the_team_is_one(email: str) -> None:
    """Mail that comes from it, or goes to it, would be refused long after it was published."""
    with pytest.raises(ValidationError, match="no e-mail address"):
        TeamRep(code="hana", name="Hana", email=email)
    assert TeamRep(code="hana", name="Hana", email="").email == ""


@pytest.mark.parametrize(
    ("rep", "rule", "problem"),
    [
        ("", "{rule: a, if: 'lead.contry == \"KR\"', to: kr}", "8:25: unknown field 'contry' of"),
        ("", "{rule: a, if: 'score > 3', to: kr}", "8:20: unknown variable 'score'."),
        ("", "{rule: a, if: 'lead.country', to: kr}", "8:20: this gives text, not yes or no."),
        ("", "{rule: a, if: '1 > 2', to: kr}", "8:19: this condition is always false, so no"),
        ("", "{rule: a, to: kro}", "8:19: there is no team or rep 'kro'. Did you mean 'kr'?"),
        ("", "{rule: a, to: [r1, boss]}", "8:24: there is no team or rep 'boss'. Use one of eu"),
        ("", "{rule: a, to: []}", "8:19: this is empty. Write at least one entry"),
        ("", "{rule: a}", "8:5: 'to:' is missing here"),
        ("", "{rule: ' ', to: kr}", "8:12: a rule needs a name"),
        ("", "{rule: a, to: kr}\n  - {rule: a, to: eu}", "9:12: 'a' is already the name of"),
        (
            "",
            "{rule: a, to: kr}\n  - {rule: b, to: eu}",
            "9:5: no lead ever reaches this rule: 'a'",
        ),
        (", weight: 0", "{rule: a, to: kr}", "6:63: input should be greater than or equal to 1"),
        (", languages: [KO]", "{rule: a, to: kr}", "6:67: 'KO' is no language code. Write ko"),
        (", territories: [UK]", "{rule: a, to: kr}", "6:69: 'UK' is no country code. Write GB"),
        (", wieght: 2", "{rule: a, to: kr}", "6:55: unknown key 'wieght'. Did you mean 'weight'"),
    ],
)
def test_a_mistake_in_reps_or_rules_is_named_with_its_mend(
    rep: str, rule: str, problem: str
) -> None:
    """A rule that names nobody would fill the unassigned at night."""
    problems = found(TEAMS % (rep, rule))

    assert [line for line in problems if line.startswith(problem)], problems


def test_every_mistake_about_codes_comes_at_once_with_its_place() -> None:
    """Mending one mistake per run is how an afternoon goes."""
    text = (
        "policy: team\n"
        "teams:\n"
        "  - {team: kr, manager: bos, unassigned: {after: 1 business hours, alert: [nobody]}}\n"
        "  - {team: r1, calendar: {time_zone: Asia/Soul}}\n"
        "managers: [{code: boss, name: B, email: b@p.example}]\n"
        "reps:\n"
        "  - {code: r1, name: A, email: a@p.example, team: kro}\n"
        "  - {code: boss, name: A, email: a@p.example}\n"
        "  - {code: R 2, name: A, email: a@p.example, team: kr}\n"
    )

    assert [line[:66] for line in found(text)] == [
        "3:25: there is no person 'bos'. Did you mean 'boss'?",
        "3:76: there is no person 'nobody'. Use one of R 2, boss, r1",
        "4:12: 'r1' is the code of a person too, so a rule could mean eithe",
        "4:12: the team 'r1' has no rep, so its leads would wait for ever. ",
        "4:38: there is no time zone 'Asia/Soul'. Write its IANA name, such",
        "5:19: 'boss' is already the code of another person. Choose another",
        "7:51: there is no team 'kro'. Did you mean 'kr'?",
        "8:5: 'team:' is missing here, and there are several. Use one of kr",
        "9:12: 'R 2' can't be a code. Use lower-case letters, digits and da",
    ]


def test_what_comes_through_the_api_is_checked_as_a_file_is() -> None:
    """A policy that was never a file is refused with the same sentence."""
    with pytest.raises(ValueError, match="there is no team or rep 'x'"):
        TeamPolicy.model_validate(
            {
                "policy": "team",
                "reps": [{"code": "r", "name": "R", "email": "r@p.example"}],
                "routing": [{"rule": "a", "to": "x"}],
            }
        )


KEYS = (
    *("policy", "teams", "team", "calendar", "hours", "mon-fri", "closed", "from", "to", "manager"),
    *(
        "unassigned",
        "alert",
        "managers",
        "reps",
        "code",
        "weight",
        "routing",
        "rule",
        "if",
        "holidays",
    ),
    *("extra_holidays", "2026-01-01", "languages", "after"),
)
scalars = st.none() | st.booleans() | st.integers() | st.sampled_from(["team", "a", "09:00-18:00"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=30,
)


@settings(max_examples=25)
@given(
    st.dictionaries(st.sampled_from(KEYS), documents),
    st.lists(st.dictionaries(st.sampled_from(KEYS), documents), max_size=3),
)
def test_whatever_is_in_the_file_lint_has_an_answer(
    data: dict[str, object], rows: list[dict[str, object]]
) -> None:
    """A stack trace tells nobody which line to fix."""
    for key in ("teams", "reps", "routing"):
        policy, problems = lint_team(json.dumps({**data, key: rows}), "t.yaml")
        assert (policy is None) == bool(problems)
