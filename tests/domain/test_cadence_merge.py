"""Two people change one cadence: else the second to publish throws away what the first did."""

from __future__ import annotations

from domain.authoring.yaml_edit import lost_comments, merged
from domain.authoring.yaml_source import read
from domain.cadences.cadence_merge import MergedCadence, Side, merge

BASE = """\
# what it is
cadence: x
topic: nurture
steps:
  # the first
  - email: one
  - wait: 3 days
  - branch:
      if: score > 3
      then:
        # the task
        - task:
            title: Call
            due: 2 days
      else:
        - email: two
  - wait: 1 week
  - email: three
"""


def both(mine: str, theirs: str, **answers: Side) -> tuple[str, MergedCadence]:
    """What two texts make together."""
    base, one, other = (read(text, "").data for text in (BASE, mine, theirs))
    made = merge(base, one, other, {key.replace("_", "-"): answers[key] for key in answers})
    assert made is not None
    text = merged(mine, made.data)
    assert read(text, "").data == made.data
    return text, made


def changed(*pairs: tuple[str, str]) -> str:
    """The base with other text at some places."""
    text = BASE
    for before, after in pairs:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


def test_what_each_did_to_other_steps_is_put_together() -> None:
    """Added, changed, deleted, in a branch and beside it; nobody is asked, and comments stay."""
    mine = changed(
        ("wait: 3 days", "wait: 4 days"),
        ("        - email: two\n", "        - email: two\n        - wait: 1 hour\n"),
        ("due: 2 days", "due: 1 week"),
    )
    theirs = changed(
        ("topic: nurture", "topic: news"),
        ("title: Call", "title: Call soon"),
        ("  - email: one\n", "  - email: one\n  - email: one-more\n"),
        ("  - wait: 1 week\n", ""),
        ("score > 3", "score > 4"),
    )
    text, made = both(mine, theirs)
    assert made.conflicts == []
    assert text == changed(
        ("wait: 3 days", "wait: 4 days"),
        ("        - email: two\n", "        - email: two\n        - wait: 1 hour\n"),
        ("due: 2 days", "due: 1 week"),
        ("topic: nurture", "topic: news"),
        ("title: Call", "title: Call soon"),
        ("  - email: one\n", "  - email: one\n  - email: one-more\n"),
        ("  - wait: 1 week\n", ""),
        ("score > 3", "score > 4"),
    )
    assert lost_comments(BASE, text) == []
    assert both(theirs, mine)[1].data == made.data


def test_only_what_both_changed_is_asked() -> None:
    """A step that one deleted and the other changed too; the answer counts."""
    mine = changed(("wait: 3 days", "wait: 4 days"), ("  - email: three\n", ""))
    theirs = changed(("wait: 3 days", "wait: 5 days"), ("topic: nurture", "topic: news"))
    text, made = both(mine, theirs)
    assert [one.key for one in made.conflicts] == ["mine-steps-1"]
    assert "wait: 4 days" in text
    assert "topic: news" in text
    assert "email: three" not in text
    assert "wait: 5 days" in both(mine, theirs, mine_steps_1="theirs")[0]

    again = changed(("email: three", "email: three\n    again: true"))
    text, made = both(mine, again)
    assert [(one.key, one.mine) for one in made.conflicts] == [("theirs-steps-4", None)]
    assert "email: three" not in text
    assert "again: true" in both(mine, again, theirs_steps_4="theirs")[0]
    assert "again: true" in both(again, mine)[0]
    assert "again: true" not in both(again, mine, mine_steps_4="theirs")[0]


def test_the_same_change_twice_is_one() -> None:
    """And what one moved the other finds moved."""
    more = changed(("  - wait: 1 week\n", "  - wait: 1 week\n  - email: four\n"))
    text, made = both(more, more)
    assert (text, made.conflicts) == (more, [])
    order = changed(
        ("  - wait: 1 week\n  - email: three\n", "  - email: three\n  - wait: 1 week\n")
    )
    assert both(BASE, order)[0] == order
    assert both(order, BASE)[0] == order
    assert merge({}, {"steps": []}, {"steps": []}, {}) is None


def test_new_steps_are_one_only_in_the_same_place() -> None:
    """Else a mail of theirs follows at once on the one before it: its wait was taken for mine."""
    mine = BASE + "  - wait: 3 days\n  - email: of-mine\n"
    theirs = BASE + "  - wait: 3 days\n  - email: of-theirs\n"
    text, made = both(mine, theirs)
    assert made.conflicts == []
    assert text == theirs + "  - wait: 3 days\n  - email: of-mine\n"
    assert both(mine, mine)[0] == mine

    early = changed(("  - email: one\n", "  - email: one\n  - email: more\n"))
    late = BASE + "  - email: more\n"
    assert both(early, late)[0] == early + "  - email: more\n"


TWO = "        - email: two\n"
ONE = "  - email: one\n"


def test_a_step_that_was_moved_and_deleted_is_asked() -> None:
    """A mail would go that a colleague took out, or none that was only put into a branch."""
    moved = changed((ONE, ""), (TWO, TWO + "        - email: one\n"))
    deleted = changed((ONE, ""))
    for mine, theirs, side in ((moved, deleted, "mine"), (deleted, moved, "theirs")):
        _text, made = both(mine, theirs)
        (asked,) = made.conflicts
        assert (asked.mine is None, asked.theirs is None) == (side != "mine", side == "mine")
        for answer in ("mine", "theirs"):
            base, one, other = (read(text, "").data for text in (BASE, mine, theirs))
            done = merge(base, one, other, {asked.key: answer})
            assert done is not None
            assert str(done.data).count("'one'") == (1 if answer == side else 0)
    assert both(moved, BASE)[1].conflicts == []
    assert both(BASE, moved)[1].data == both(moved, BASE)[1].data
    assert both(moved, moved)[0] == moved


def test_a_step_that_both_moved_stands_once() -> None:
    """Leads would get the mail twice."""
    mine = changed((ONE, ""), (TWO, TWO + "        - email: one\n"))
    theirs = changed((ONE, ""), ("      else:\n", "      else:\n        - email: one\n"))
    base, one, other = (read(text, "").data for text in (BASE, mine, theirs))
    (asked,) = both(mine, theirs)[1].conflicts
    taken: tuple[tuple[Side, str], ...] = (("mine", mine), ("theirs", theirs))
    for answer, text in taken:
        done = merge(base, one, other, {asked.key: answer})
        assert done is not None
        assert done.data == read(text, "").data


def test_whose_order_holds_is_asked() -> None:
    """A colleague's order would be lost without a word."""
    end = "  - wait: 1 week\n  - email: three\n"
    mine = changed((end, "  - email: three\n  - wait: 1 week\n"))
    theirs = changed((ONE + "  - wait: 3 days\n", "  - wait: 3 days\n" + ONE))
    base, one, other = (read(text, "").data for text in (BASE, mine, theirs))
    (asked,) = both(mine, theirs)[1].conflicts
    assert asked.rule == "order"
    taken: tuple[tuple[Side, str], ...] = (("mine", mine), ("theirs", theirs))
    for answer, text in taken:
        done = merge(base, one, other, {asked.key: answer})
        assert done is not None
        assert done.data == read(text, "").data
