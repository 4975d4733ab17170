"""A segment as a form: else a marketer who changes one number rewrites a file that others have
written with care, or changes who is in a segment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.authoring.yaml_edit import lost_comments, merged
from domain.authoring.yaml_source import read, validate
from domain.rules.cel_tree import in_cel, tree_of_cel
from domain.rules.condition_fields import FieldKind, field_at, fields_of, own_of, own_path
from domain.rules.condition_form import CelRow, FieldRow, cel_of, each_part, group_of, mistake_in
from domain.rules.segment_facts import SEGMENT_FACTS
from domain.segments.policy import SegmentsPolicy
from domain.segments.segment_form import (
    EMPTY_FILE,
    SegmentForm,
    form_of,
    free_name,
    with_form,
    without,
)
from settings import ROOT

SHIPPED = (ROOT / "cadences" / "segments.yaml").read_text(encoding="utf-8")


def policy_of(text: str) -> SegmentsPolicy:
    """What a file says, which has no mistake."""
    made, problems = validate(SegmentsPolicy, text, "segments.yaml")
    assert problems == []
    assert made is not None
    return made


def after(name: str, change: Callable[[SegmentForm], object], text: str = SHIPPED) -> str:
    """The file after a change of the form of a segment, '' for a new one."""
    segment = policy_of(text).find(name)
    before, form = (form_of(segment), form_of(segment)) if segment else (SegmentForm(),) * 2
    change(form := SegmentForm(**vars(form)))
    return merged(text, with_form(read(text, "").data, before, form))


def test_what_is_shipped_is_rows_and_the_same_again() -> None:
    """Whoever opens a segment of ours meets fields and values, not code, and who looks at it
    changes nothing."""
    for one in policy_of(SHIPPED).segments:
        group = group_of(one.when, SEGMENT_FACTS)
        assert not [part for _, part in each_part(group) if isinstance(part, CelRow)], one.name
        assert mistake_in(group, SEGMENT_FACTS) == ""
        written = cel_of(group, SEGMENT_FACTS)
        assert group_of(written, SEGMENT_FACTS) == group
        assert written == in_cel(tree_of_cel(one.when))
        assert after(one.name, lambda _form: None) == merged(SHIPPED, read(SHIPPED, "").data)


def test_every_field_has_a_title() -> None:
    """A marketer chooses "Links clicked", not engagement.clicks."""
    fields = fields_of(SEGMENT_FACTS)
    assert [path for path, one in fields.items() if one.title == path] == []
    assert fields["engagement.clicks_30_days"].title == fields["engagement.clicks"].title
    assert fields["engagement.clicks_30_days"].days == 30
    days = {path for path, one in fields.items() if one.kind == FieldKind.DATE}
    assert {"lead.created", "engagement.last_click", "opportunity.last_lost"} <= days


@pytest.mark.parametrize(
    ("owner", "kind"),
    [
        ("engagement.visits", FieldKind.NUMBER),
        ("engagement.last_tracked", FieldKind.DATE),
        ("consent.refuses", FieldKind.YES_NO),
        ("account.attributes", FieldKind.OWN),
    ],
)
def test_what_is_named_by_hand_is_asked_for_as_what_it_is(owner: str, kind: FieldKind) -> None:
    """Visits of a page are more than some number, a last visit was some days ago."""
    assert owner in own_of(SEGMENT_FACTS)
    field = field_at(SEGMENT_FACTS, own_path(owner, "pricing"))
    assert field is not None
    assert field.kind == kind


def test_at_least_so_many_days_ago_is_a_row() -> None:
    """Half a year ago or longer, as people say it."""
    group = group_of("daysSince(opportunity.last_lost) >= 180", SEGMENT_FACTS)
    assert group.parts == (FieldRow("opportunity.last_lost", "days_ago_or_more", (180,)),)


def test_one_change_changes_one_line() -> None:
    """Comments, order and how a condition is written stay."""
    text = after("on-trial", lambda form: setattr(form, "title", "On trial"))
    before = set(merged(SHIPPED, read(SHIPPED, "").data).splitlines())
    assert set(text.splitlines()) - before == {"    title: On trial"}
    assert lost_comments(SHIPPED, text) == []

    text = after("on-trial", lambda form: setattr(form, "description", ""))
    found = policy_of(text).find("on-trial")
    assert found is not None
    assert found.description == ""


def test_a_segment_is_added_and_deleted() -> None:
    """The others stay as they are written, also when one from the middle goes."""
    new = SegmentForm("island", "People of an island", "", 'lead.country == "IS"')
    text = after("", lambda form: vars(form).update(vars(new)))
    assert policy_of(text).segments[-1].when == 'lead.country == "IS"'
    assert policy_of(text).segments[:-1] == policy_of(SHIPPED).segments
    assert lost_comments(SHIPPED, text) == []

    names = [one.name for one in policy_of(SHIPPED).segments]
    fewer = merged(SHIPPED, without(read(SHIPPED, "").data, names[2]))
    left = policy_of(fewer).segments
    assert left == tuple(one for one in policy_of(SHIPPED).segments if one.name != names[2])
    assert lost_comments(SHIPPED, fewer) == []

    first = after("", lambda form: vars(form).update(vars(new)), EMPTY_FILE)
    assert [one.name for one in policy_of(first).segments] == ["island"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("People of an island", "people-of-an-island"),
        ("Café, that's us!", "cafe-thats-us"),
        ("Gone quiet", "gone-quiet-2"),
        ("조용해진 리드", "segment"),
        ("x" * 80, "x" * 56),
    ],
)
def test_a_name_is_made_of_the_title(title: str, name: str) -> None:
    """Nobody has to know what a name may be written with."""
    assert free_name(title, {"gone-quiet"}) == name
