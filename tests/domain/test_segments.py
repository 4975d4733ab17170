"""Segments as they are written: what may stand in a condition, and what it is about."""

from __future__ import annotations

import pytest

from domain.authoring.yaml_source import SourceProblem
from domain.checking.policies import read_policy
from domain.rules.cel_tree import AND, NOT, OR, CelCall, in_cel, tree_of_cel
from domain.rules.fact_comparisons import FactComparison, comparison_of
from domain.rules.segment_facts import FactRead, asks_about, changes_with_time, facts_read
from settings import ROOT


def problems(when: str, *more: str) -> list[str]:
    """What is wrong with a segment with this condition."""
    text = "policy: segments\nsegments:\n" + "".join(
        f"  - {{name: s{n}, title: One, when: '{one}'}}\n" for n, one in enumerate((when, *more))
    )
    _policy, found = read_policy(text, "segments.yaml")
    return [one.message for one in found]


def test_the_file_that_comes_with_it_is_right() -> None:
    """Whoever publishes what is shipped would be refused."""
    source = (ROOT / "cadences" / "segments.yaml").read_text(encoding="utf-8")

    _policy, found = read_policy(source, "segments.yaml")

    assert found == list[SourceProblem]()


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ('lead.county == "KR"', "unknown field 'county' of lead"),
        ("engagement.clicks_31_days > 1", "unknown field 'clicks_31_days'"),
        ('lead.country == "korea"', "never true"),
        ("engagement.clicks >= 0", "always true"),
        ("lead.attributes.size > 5", "Attributes are text"),
        ('"/pricing" in engagement.visits', "asked for one by one"),
        ("engagement.visits.size() > 3", "asked for one by one"),
        ("score", "not yes or no"),
        ('(lead).title == "x"', "which field of lead"),
        ('cycle == 1 && (lead).title == "x"', "which field of lead"),
        ('engagement.visits["/a\\u0000b"] > 0', "no text has a NUL character"),
        ('consent.refuses["x\\x00"]', "no text has a NUL character"),
        ('lead.title == "\\X00"', "no text has a NUL character"),
        ('lead.title == "\\\\\\000"', "no text has a NUL character"),
    ],
)
def test_what_can_not_be_right_is_told(when: str, said: str) -> None:
    """A segment would be published that is empty for good, and nobody would know why."""
    assert said in "\n".join(problems(when))


@pytest.mark.parametrize(
    "when",
    [
        'lead.title == "lead" // not any lead',
        'lead["title"] == "x"',
        'lead . title == "x"',
        'lead.title == "C:\\\\x00"',
    ],
)
def test_what_is_right_is_not_refused(when: str) -> None:
    """Somebody would be told to change what is right."""
    assert problems(when) == []


def test_a_name_stands_once() -> None:
    """Which of two segments with one name a cadence means, nobody could say."""
    text = "policy: segments\nsegments:\n" + 2 * (
        "  - {name: one, title: One, when: 'score > 5'}\n"
    )

    _policy, found = read_policy(text, "segments.yaml")

    assert [(one.line, one.message) for one in found] == [(4, "there is a segment 'one' already")]


def test_what_a_condition_is_about_is_read_from_it() -> None:
    """A change of what a condition reads would go unnoticed."""
    when = (
        'engagement.visits["/pricing"] >= 2 && !(lead.attributes.plan == "pro") '
        '|| lead["country"] == "KR" && consent.refuses["product"] && score > 5 && cycle == 2 '
        '&& account.attributes["größe"] != "" && opportunity.open == 0'
    )

    assert facts_read(when) == {
        FactRead("engagement.visits", "/pricing"),
        FactRead("lead.attributes", "plan"),
        FactRead("lead.country"),
        FactRead("consent.refuses", "product"),
        FactRead("score"),
        FactRead("cycle"),
        FactRead("account.attributes", "größe"),
        FactRead("opportunity.open"),
    }
    assert asks_about(when) == {
        "engagement:page", "lead", "consent", "score", "stage", "account", "opportunity",
    }  # fmt: skip


def test_a_whole_map_is_read_by_a_condition_about_its_keys() -> None:
    """A lead whose attributes change would not be judged again."""
    when = 'lead.attributes.exists(name, name.startsWith("plan"))'

    assert facts_read(when) == {FactRead("lead.attributes")}
    assert FactRead("lead.attributes", "plan") in facts_read("has(lead.attributes.plan)")


@pytest.mark.parametrize(
    ("when", "timed"),
    [
        ('lead.country == "KR"', False),
        ('fit == "A" && opportunity.open > 0', False),
        ("score > 10", True),
        ("interest == 1", True),
        ("daysSince(lead.created) > 3", True),
        ('date(lead.attributes.renewal) > "2027-01-01"', False),
        ("engagement.clicks_7_days > 1", True),
        ("account.do_not_market", True),
    ],
)
def test_time_alone_changes_some_answers(when: str, timed: bool) -> None:
    """Who has gone quiet would be found only when they come back."""
    assert changes_with_time(when) is timed


def test_a_condition_is_taken_apart_as_cel_binds_it() -> None:
    """SQL would put the parts together otherwise than the condition does."""
    a, b, c = (tree_of_cel(f"cycle == {n}") for n in (1, 2, 3))

    assert tree_of_cel("cycle == 1 || cycle == 2 && cycle == 3") == CelCall(
        OR, (a, CelCall(AND, (b, c)))
    )
    assert tree_of_cel("(cycle == 1 || cycle == 2) && !(cycle == 3)") == CelCall(
        AND, (CelCall(OR, (a, b)), CelCall(NOT, (c,)))
    )
    assert tree_of_cel("((cycle == 1))") == a
    assert tree_of_cel("!lead.has_phone") == CelCall(NOT, (tree_of_cel("lead.has_phone"),))
    for whole in (
        "!lead.has_phone == lead.has_free_mail",
        "cycle == 1 ? score > 1 : score > 2",
        "score + cycle > 3",
        'lead.title == "a && b"',
        'lead.title.matches("a|(b && c)")',
        "[1, 2].exists(n, n == cycle && n > 1)",
    ):
        tree = tree_of_cel(whole)
        assert not isinstance(tree, CelCall) or tree.function not in (AND, OR, NOT)
        assert in_cel(tree) == whole


@pytest.mark.parametrize(
    ("atom", "found"),
    [
        ("score >= 20", FactComparison(FactRead("score"), "", ">=", (20,))),
        ('lead.country == "KR"', FactComparison(FactRead("lead.country"), "", "==", ("KR",))),
        (
            'lead.attributes["plan"] in ["a", "b"]',
            FactComparison(FactRead("lead.attributes", "plan"), "", "in", ("a", "b")),
        ),
        ("lead.has_phone", FactComparison(FactRead("lead.has_phone"), "", "==", (True,))),
        (
            "daysSince(engagement.last_click) <= 30",
            FactComparison(FactRead("engagement.last_click"), "daysSince", "<=", (30,)),
        ),
        ("number(lead.attributes.size) > 5", None),
        ('lead.title.lower() == "cto"', None),
        (
            r'lead["title"] != "a\"b"',
            FactComparison(FactRead("lead.title"), "", "!=", ('a"b',)),
        ),
        ("score + cycle > 3", None),
        ("score > cycle", None),
        ("cycle in [1, cycle]", None),
    ],
)
def test_a_plain_comparison_is_known(atom: str, found: FactComparison | None) -> None:
    """It would be asked of each value by itself, or of the wrong one."""
    assert comparison_of(tree_of_cel(atom)) == found
