"""Conditions as forms: else a person who opens one and changes nothing sends leads elsewhere, or
what the form can't show is gone."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.authoring.yaml_source import validate
from domain.cadences.cadence import BranchStep, Cadence, walk
from domain.rules.cel_tree import in_cel, tree_of_cel
from domain.rules.condition_fields import (
    FieldKind,
    field_at,
    fields_of,
    operators_of,
    own_of,
    own_path,
)
from domain.rules.condition_form import (
    CelRow,
    ConditionPart,
    FieldRow,
    RowGroup,
    cel_of,
    each_part,
    group_of,
    mistake_in,
)
from domain.rules.conditions import ConditionError, compile_condition
from domain.rules.event_facts import EVENT_FACTS
from domain.rules.facts import FACTS, FactSet, prepared
from domain.sales.content import CONTENT_FACTS, ContentPolicy
from domain.sales.team import TeamPolicy
from domain.scoring.fit_rules import FIT_FACTS
from domain.scoring.policy import ScoringPolicy
from settings import ROOT

NOW = datetime(2027, 5, 1, 9, tzinfo=UTC)
ALL_FACTS = {"branch": FACTS, "fit": FIT_FACTS, "event": EVENT_FACTS, "content": CONTENT_FACTS}
LISTS = FactSet(
    {"lead": {"topics": [], "renewal": "", "country": ""}},
    sample='"nurture" in lead.topics',
    dates=frozenset({"lead.renewal"}),
)


def shipped() -> list[tuple[str, FactSet]]:
    """Every condition of the cadences and policies as they are shipped."""
    found: list[tuple[str, FactSet]] = []
    for path in sorted((ROOT / "cadences").glob("*.yaml")):
        source = path.read_text(encoding="utf-8")
        model: type[BaseModel] = Cadence
        if source.split("\npolicy:")[1:]:
            policies: dict[str, type[BaseModel]] = {
                "scoring": ScoringPolicy,
                "team": TeamPolicy,
                "content": ContentPolicy,
            }
            if path.stem not in policies:
                continue
            model = policies[path.stem]
        made, problems = validate(model, source, path.name)
        assert not problems
        if isinstance(made, ScoringPolicy):
            found += [(one.condition, EVENT_FACTS) for one in made.interest if one.condition]
            for conditions in made.fit_conditions.values():
                found += [
                    (one.source, FIT_FACTS) for one in conditions if "value" not in one.source
                ]
        elif isinstance(made, TeamPolicy):
            found += [(one.condition, FIT_FACTS) for one in made.routing]
        elif isinstance(made, ContentPolicy):
            found += [(one.compiled.source, CONTENT_FACTS) for one in made.items if one.compiled]
        elif isinstance(made, Cadence):
            branches = [step for _, step in walk(made.steps, ()) if isinstance(step, BranchStep)]
            found += [(one.branch.condition, FACTS) for one in branches]
    return [one for one in found if not one[0].startswith("number(")]


def test_what_is_shipped_is_all_rows() -> None:
    """Whoever opens a condition of ours meets fields and values, not code."""
    conditions = shipped()
    assert len(conditions) > 15

    for source, facts in conditions:
        group = group_of(source, facts)
        code = [part.cel for _, part in each_part(group) if isinstance(part, CelRow)]
        assert code in ([], ['lead.title.matches("(?i)owner|founder|director|chief")'])
        assert mistake_in(group, facts) == ""
        assert group_of(cel_of(group, facts), facts) == group


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("true", RowGroup()),
        ("lead.has_phone", RowGroup("all", (FieldRow("lead.has_phone", "yes"),))),
        (
            'lead.country == "KR" || lead.language == "ko"',
            RowGroup(
                "any",
                (
                    FieldRow("lead.country", "is", ("KR",)),
                    FieldRow("lead.language", "is", ("ko",)),
                ),
            ),
        ),
        (
            'score > 40 && (fit in ["A", "B"] || !lead.has_phone) && cycle <= 2',
            RowGroup(
                "all",
                (
                    FieldRow("score", "more", (40,)),
                    RowGroup(
                        "any",
                        (FieldRow("fit", "one_of", ("A", "B")), FieldRow("lead.has_phone", "no")),
                    ),
                    FieldRow("cycle", "at_most", (2,)),
                ),
            ),
        ),
        (
            '!(lead.source == "" || score == cycle)',
            RowGroup("none", (FieldRow("lead.source", "unknown"), CelRow("score == cycle"))),
        ),
        (
            'number(lead.attributes["업종"]) >= 10 && has(lead.attributes.plan)',
            RowGroup(
                "all",
                (
                    FieldRow('lead.attributes["업종"]', "at_least", (10,)),
                    FieldRow("lead.attributes.plan", "known"),
                ),
            ),
        ),
        (
            'lead.title.lower().contains("chief") && !("업종" in lead.attributes)',
            RowGroup(
                "all",
                (
                    FieldRow("lead.title", "contains", ("chief",), fold=True),
                    FieldRow('lead.attributes["업종"]', "unknown"),
                ),
            ),
        ),
        (
            "daysSince(lead.attributes.trial) >= 0 && daysSince(lead.attributes.trial) <= 30",
            RowGroup("all", (FieldRow("lead.attributes.trial", "last_days", (30,)),)),
        ),
        # A comment, and what no row can say, stay as they are.
        (
            "score > 1 // warm\n && cycle == 1",
            RowGroup("all", (CelRow("score > 1 // warm\n && cycle == 1"),)),
        ),
        (
            'lead.title == "https://x" // why',
            RowGroup("all", (CelRow('lead.title == "https://x" // why'),)),
        ),
        (
            'lead.title == "https://x"',
            RowGroup("all", (FieldRow("lead.title", "is", ("https://x",)),)),
        ),
        ("cycle + 1 > score", RowGroup("all", (CelRow("cycle + 1 > score"),))),
        (
            '["KR"].exists(lead, lead.title.contains(lead))',
            RowGroup("all", (CelRow('["KR"].exists(lead, lead.title.contains(lead))'),)),
        ),
    ],
)
def test_a_condition_is_read_as_people_would_say_it(source: str, group: RowGroup) -> None:
    """One row for one thought, and groups as the brackets have them."""
    assert group_of(source, FACTS) == group


def test_lists_and_days_have_what_is_asked_of_them() -> None:
    """Segments ask for topics, and for days that are coming."""
    source = '"nurture" in lead.topics && date(lead.renewal) < "2027-06-01" && lead.renewal != ""'

    group = group_of(source, LISTS)

    assert group.parts == (
        FieldRow("lead.topics", "has", ("nurture",)),
        FieldRow("lead.renewal", "before", ("2027-06-01",)),
        FieldRow("lead.renewal", "known"),
    )
    assert cel_of(group, LISTS) == source
    compile_condition(source, LISTS)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (FieldRow(), "Choose a field."),
        (FieldRow("lead.contry", "is", ("KR",)), "Choose a field."),
        (FieldRow("lead.title", "contains", ()), "Write a value."),
        (FieldRow("score", "more", ()), "Write a number."),
        (FieldRow("lead.attributes.end", "before", ("soon",)), "Write a day."),
        (FieldRow("cycle", "more", (0,)), "always true"),
        (CelRow("scor > 3"), "Did you mean 'score'?"),
        (CelRow("score >"), "ends too early"),
        (FieldRow("score", "more", (40,)), ""),
    ],
)
def test_a_row_says_what_is_wrong_with_it(row: FieldRow | CelRow, said: str) -> None:
    """The mistake stands where it was made."""
    assert said in mistake_in(row, FACTS)
    assert bool(said) is bool(mistake_in(row, FACTS))


texts = st.text(string.ascii_letters + " \"'\\업종ß%\n", min_size=1, max_size=8)
numbers = st.integers(-50, 500) | st.floats(-9, 9).map(lambda one: round(one, 2))
days = st.dates().map(lambda one: one.isoformat())


@st.composite
def rows(draw: st.DrawFn, facts: FactSet) -> FieldRow:
    """A row that is whole."""
    paths = [*fields_of(facts)]
    names = st.sampled_from(["employees", "plan", "업종", "in", "trial_end"])
    paths += [own_path(owner, draw(names)) for owner in own_of(facts)] * 3
    field = field_at(facts, draw(st.sampled_from(paths)))
    assert field is not None
    code = draw(st.sampled_from([*operators_of(field)]))
    operator = operators_of(field)[code]
    fold = bool(operator.folded) and draw(st.booleans())
    values: tuple[Any, ...] = ()
    if operator.takes:
        one = {"text": texts, "texts": texts, "day": days, "days": st.integers(0, 400)}.get(
            operator.takes, numbers
        )
        if field.choices:
            one = st.sampled_from([known for known in field.choices if known != ""])
        several = operator.takes in ("texts", "numbers")
        values = tuple(draw(st.lists(one, min_size=1, max_size=3 if several else 1)))
        values = tuple(one.lower() if fold else one for one in values)
    return FieldRow(field.path, code, values, fold)


def parts(facts: FactSet) -> st.SearchStrategy[ConditionPart]:
    """A row, or groups of rows within each other."""
    code = st.sampled_from(["1 + 1 > 2", 'size("ab") == 3 ? 1 > 2 : 2 > 1']).map(CelRow)
    return st.recursive(
        rows(facts) | rows(facts) | code,
        lambda inner: st.builds(
            RowGroup,
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=2, max_size=4).map(tuple),
        ),
        max_leaves=6,
    )


def is_plain(group: RowGroup) -> bool:
    """Whether no group of it changes nothing."""
    alike = {"all": ("all",), "any": ("any",), "none": ("any",)}[group.kind]
    inner = [part for part in group.parts if isinstance(part, RowGroup)]
    return all(part.kind not in alike and is_plain(part) for part in inner)


def value_of(example: Any, name: str, draw: st.DrawFn, facts: FactSet) -> Any:
    """Something that a fact could be."""
    if name in facts.values:
        return draw(st.sampled_from(facts.values[name][0]))
    if isinstance(example, bool):
        return draw(st.booleans())
    if isinstance(example, int):
        return draw(st.integers(0, 60))
    if isinstance(example, str):
        return draw(texts | st.just(""))
    own = texts | numbers.map(str) | days | st.sampled_from(["yes", "no"])
    return draw(st.dictionaries(st.sampled_from(["employees", "plan", "업종", "in"]), own))


@st.composite
def whole_facts(draw: st.DrawFn, facts: FactSet) -> dict[str, Any]:
    """A lead, or an event, of whom something is known."""
    made: dict[str, Any] = {}
    for path, example in facts.paths().items():
        owner, _, field = path.partition(".")
        value = value_of(example, path, draw, facts)
        if field:
            made.setdefault(owner, {})[field] = value
        else:
            made[owner] = value
    return made


@pytest.mark.parametrize("name", ALL_FACTS)
@settings(max_examples=65, deadline=None)
@given(data=st.data())
def test_a_form_is_read_from_what_it_wrote(name: str, data: st.DataObject) -> None:
    """What was built and published is there again when it is opened."""
    facts = ALL_FACTS[name]
    part = data.draw(parts(facts))
    group = part if isinstance(part, RowGroup) else RowGroup("all", (part,))

    source = cel_of(group, facts)
    again = group_of(source, facts)

    if is_plain(group):
        assert again == group
    assert cel_of(again, facts) == source


@pytest.mark.parametrize("name", ALL_FACTS)
@settings(max_examples=65, deadline=None)
@given(data=st.data())
def test_a_form_asks_what_the_condition_asked(name: str, data: st.DataObject) -> None:
    """Whatever was written by hand, opening it in a form sends no lead elsewhere."""
    facts = ALL_FACTS[name]
    source = " ".join(
        data.draw(
            st.lists(st.sampled_from(HAND_WRITTEN[name]), min_size=1, max_size=4).flatmap(joined)
        )
    )
    try:
        condition = compile_condition(source, facts)
    except ConditionError:
        return
    formed = compile_condition(cel_of(group_of(source, facts), facts), facts)

    for _ in range(3):
        known = prepared(data.draw(whole_facts(facts)), NOW)
        assert condition.holds(known) is formed.holds(known)


_LEAD_ATOMS = [
    'lead.country == "KR"',
    'lead.country in ["DE", "AT"]',
    '"KR" == lead.country',
    'lead.title.contains("a")',
    "lower(lead.title).startsWith('a')",
    '["a", "업"].exists(w, lead.title.lower().contains(w))',
    '["a", "b"].all(w, lead.title.contains(w))',
    '["a", "b"].filter(w, lead.title.contains(w)).size() > 0',
    '["a", "b"].exists_one(w, w == lead.title || w == lead.company)',
    '["a"].map(w, w + lead.title) != ["ab"]',
    "has(lead.attributes.plan)",
    '"employees" in lead.attributes',
    'lead.attributes["plan"] == "pro"',
    "lead.attributes.plan != r'a\\b'",
    "number(lead.attributes.employees) > 20.5",
    "20 <= number(lead.attributes.employees)",
    "int(lead.attributes.employees) / 2 - 1 > -3",
    "yes(lead.attributes.plan)",
    "daysSince(lead.attributes.plan) >= 0",
    "daysSince(lead.attributes.plan) <= 400",
    "size(lead.title) > 3",
    'lead.title.matches("^[A-M]\\\\w*$")',
    '(lead.company == "" ? lead.title : lead.company) != "a"',
    "!lead.has_phone",
    "!(lead.has_phone)",
    "lead.has_free_mail == true",
    "lead.source != ''",
]
HAND_WRITTEN = {
    "branch": [*_LEAD_ATOMS, "score > 40", "40 < score", 'fit in ["A"]', "interest <= 2",
               "cycle > 1", "score % 2 == 0", "engagement.clicks > engagement.opens",
               "!(cycle == 2)"],
    "fit": [*_LEAD_ATOMS, 'account.name.contains("a")', 'yes(account.attributes["in"])'],
    "event": ['event.kind == "page"', 'event.path.startsWith("a")', 'event.name in ["a", "b"]',
              "event.properties.plan == 3", "event.properties.employees > 20",
              'event.properties["in"] == "a"', "has(event.properties.plan)", 'event.url != ""'],
    "content": _LEAD_ATOMS,
}  # fmt: skip


def joined(atoms: list[str]) -> st.SearchStrategy[list[str]]:
    """Atoms with operators and brackets between them."""

    def put(choices: list[tuple[str, str, str]]) -> list[str]:
        made: list[str] = []
        opened = 0
        for at, (atom, (operator, before, after)) in enumerate(zip(atoms, choices, strict=True)):
            made += [operator] if at else []
            made.append(before)
            opened += before.count("(")
            made.append(f"({atom})" if before.endswith("!") else atom)
            closes = min(opened, after.count(")"))
            made.append(")" * closes)
            opened -= closes
        return [*made, ")" * opened]

    one = st.tuples(
        st.sampled_from(["&&", "||"]),
        st.sampled_from(["", "", "(", "!("]),
        st.sampled_from(["", ")"]),
    )
    return st.lists(one, min_size=len(atoms), max_size=len(atoms)).map(put)


def test_every_kind_of_field_is_among_the_facts_or_these_tests() -> None:
    """A kind that no test has would be a list that nobody tried."""
    kinds = {
        one.kind for facts in (*ALL_FACTS.values(), LISTS) for one in fields_of(facts).values()
    }
    assert kinds | {FieldKind.OWN} == set(FieldKind)


def test_a_tree_is_written_as_it_was_read() -> None:
    """Brackets, signs and letters of all scripts stand where they stood."""
    for source in [*_LEAD_ATOMS, "-(score) > -5 && (score - (cycle - 1)) * 2 >= 10.0 / 3.0"]:
        tree = tree_of_cel(source)
        assert tree_of_cel(in_cel(tree)) == tree
