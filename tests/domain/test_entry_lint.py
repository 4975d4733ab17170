"""What lint says of who enters cadences."""

from __future__ import annotations

import pytest

from domain.cadences.cadence import Cadence
from domain.checking.checked import CheckedTexts, check_among, check_texts

SEGMENTS = """
policy: segments
segments:
  - {name: korea, title: Korea, when: lead.country == "KR"}
  - {name: rested, title: Rested, when: reason == "rested"}
  - {name: silent, title: Silent, when: reason == "silent"}
"""
FORMS = """
policy: forms
forms:
  - name: guide
    title: {en: The guide}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
"""


def cadence(name: str, when: str, steps: str = "exit: over", entry: str = "") -> str:
    """A cadence that leads enter by something."""
    rules = f"entry: {{{entry}}}\n" if entry else ""
    return f"cadence: {name}\n{rules}enter_when:\n  - {when}\nsteps:\n  - {steps}\n"


def problems(*texts: str) -> list[str]:
    """What is said of cadences beside the policies."""
    checked = CheckedTexts()
    files = {f"{n}.yaml": one for n, one in enumerate((*texts, SEGMENTS, FORMS))}
    check_texts(checked, files, {"hello": {"en"}}, set())
    return [str(one) for one in checked.problems]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("segment: koera", "0.yaml:3:14: there is no segment 'koera'. Did you mean 'korea'?"),
        ("form: giude", "0.yaml:3:11: there is no form 'giude'. Did you mean 'guide'?"),
        ("event: klick", "0.yaml:3:12: no lead enters by an event 'klick'. Did you mean 'click'?"),
        ("event: bounce", "0.yaml:3:12: no lead enters by an event 'bounce'."),
        ("when: friday", "0.yaml:3:5: this is not one way to enter."),
        ("{date: renewal, days_before: 1, days_after: 1}", "is before and after the day at once"),
        ("{date: renewal, days_before: 0}", "0.yaml:3:34:"),
        ("{event: click, where: event.nmae}", "unknown field 'nmae'"),
        ("segment: korea\n  - segment: korea", "0.yaml:4:5: the same is said above."),
    ],
)
def test_what_would_have_nobody_enter_is_told(when: str, said: str) -> None:
    """A marketer would wait for leads that never come."""
    (problem,) = problems(cadence("spring", when))

    assert said in problem


def test_two_cadences_that_leads_enter_by_the_same_need_a_priority() -> None:
    """Chance would say which of two cadences a lead gets."""
    found = problems(cadence("spring", "form: guide"), cadence("autumn", "form: guide"))
    assert len(found) == 2
    assert "the same has leads enter the cadence 'autumn'" in found[0]

    better = cadence("autumn", "form: guide", entry="priority: 5")
    assert problems(cadence("spring", "form: guide"), better) == []


SPRING = cadence("spring", "segment: silent", "exit: rested")
AUTUMN = cadence("autumn", "segment: rested", "exit: silent")
MAILS = cadence("mails", "event: click", "email: hello")


def test_cadences_that_enter_each_other_are_told() -> None:
    """A lead would get mails to the end of its days."""
    found = problems(SPRING, AUTUMN)

    assert ["leads would go round for ever" in one for one in found] == [True, True]
    assert "spring → autumn → spring" in found[0]
    assert "0.yaml:2:1" in found[0]
    assert "mails → mails" in problems(MAILS)[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SPRING, cadence("autumn", "segment: rested", "exit: other")),
        (SPRING, cadence("autumn", "segment: rested", "exit: silent", "re_entry: never")),
        (SPRING, cadence("autumn", "segment: rested", "exit: silent", "re_entry: {after: 9 days}")),
        (cadence("mails", "{event: click, where: event.url == 'x'}", "email: hello"), AUTUMN),
    ],
)
def test_a_way_round_that_ends_is_none(first: str, second: str) -> None:
    """What is right would be refused."""
    assert problems(first, second) == []


def test_once_a_cycle_does_not_end_a_way_round() -> None:
    """Each round is a cycle of its own."""
    again = cadence("autumn", "segment: rested", "exit: silent", "re_entry: each cycle")

    assert len(problems(SPRING, again)) == 2


def test_a_segment_that_a_published_cadence_needs_can_not_be_taken_away() -> None:
    """The cadence would stand there with a trigger that nobody pulls, and nobody would know."""
    checked = CheckedTexts()
    beside = [cadence("spring", "segment: korea")]
    without = SEGMENTS.replace("korea", "asia")
    check_among(checked, {"segments.yaml": without}, beside, {}, set())

    (problem,) = checked.problems
    assert "leads enter the cadence 'spring' by the segment 'korea'" in problem.message


def test_a_cadence_that_says_nothing_of_it_is_kept_as_it_was() -> None:
    """Every published version would seem to have changed."""
    plain = Cadence.model_validate({"cadence": "a", "steps": [{"exit": "x"}]})

    assert "enter_when" not in plain.model_dump(mode="json")
