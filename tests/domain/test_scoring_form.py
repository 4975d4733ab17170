"""Forms over ``scoring.yaml`` and ``recycle.yaml``: else marketing changes one number and loses
what others wrote beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.authoring.yaml_edit import lost_comments, merged
from domain.authoring.yaml_source import read, validate
from domain.rules.facts import SOME_DAY
from domain.sales import recycle_form
from domain.sales.recycle import RecyclePolicy
from domain.sales.recycle_form import CycleCell, RecycleForm, RestRow
from domain.scoring import scoring_form
from domain.scoring.fit import fit_of
from domain.scoring.fit_rules import BandRule
from domain.scoring.interest import InterestEvent, worth_of
from domain.scoring.policy import ScoringPolicy
from domain.scoring.scoring_form import Band, FirstRows, FitRow, InterestRow, ScoringForm
from settings import ROOT

SCORING = (ROOT / "cadences" / "scoring.yaml").read_text(encoding="utf-8")
RECYCLE = (ROOT / "cadences" / "recycle.yaml").read_text(encoding="utf-8")
WITH_FIRST = (ROOT / "docs" / "reference" / "examples" / "scoring.yaml").read_text(encoding="utf-8")


def scoring_after(
    change: Callable[[ScoringForm], object], source: str = SCORING
) -> tuple[str, ScoringPolicy]:
    """The file, and what it says, after a change of the form."""
    policy, _ = validate(ScoringPolicy, source, "scoring.yaml")
    assert policy is not None
    before, after = scoring_form.form_of(policy), scoring_form.form_of(policy)
    change(after)
    written = merged(source, scoring_form.with_form(read(source, "").data, before, after))
    made, problems = validate(ScoringPolicy, written, "scoring.yaml")
    assert problems == []
    assert made is not None
    return written, made


def recycle_after(change: Callable[[RecycleForm], object]) -> tuple[str, RecyclePolicy]:
    """The file, and what it says, after a change of the form."""
    policy, _ = validate(RecyclePolicy, RECYCLE, "recycle.yaml")
    assert policy is not None
    before, after = recycle_form.form_of(policy), recycle_form.form_of(policy)
    change(after)
    written = merged(RECYCLE, recycle_form.with_form(read(RECYCLE, "").data, before, after))
    made, problems = validate(RecyclePolicy, written, "recycle.yaml")
    assert problems == []
    assert made is not None
    return written, made


def lines_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came, in their order."""
    had, has = before.splitlines(), after.splitlines()
    return [one for one in had if one not in has], [one for one in has if one not in had]


@pytest.mark.parametrize("source", [SCORING, WITH_FIRST])
def test_a_scoring_form_that_nobody_touched_is_the_same_policy(source: str) -> None:
    written, made = scoring_after(str, source)

    assert made == validate(ScoringPolicy, source, "")[0]
    assert lost_comments(source, written) == []


def test_points_a_cap_and_a_switch_are_a_line_each() -> None:
    """Who reads the difference before publishing sees what they changed, and nothing else."""
    plain, _ = scoring_after(str)

    def changed(form: ScoringForm) -> None:
        opened, clicked = form.interest[:2]
        opened.points = 2
        clicked.times, clicked.per = 5, "week"
        form.interest[2].off = True

    written, made = scoring_after(changed)

    gone, come = lines_changed(plain, written)
    assert len(gone) == len(come) == 3
    assert [line.strip() for line in come] == [
        "- {rule: opened a mail, on: open, points: 2, at_most: 3 per week}",
        "- {rule: clicked in a mail, on: click, points: 10, at_most: 5 per week}",
        "- {rule: replied, on: reply, points: 40, at_most: 1 per day, off: true}",
    ]
    assert lost_comments(SCORING, written) == []
    assert made.interest[2].off


def test_rules_come_go_and_move() -> None:
    def turned(form: ScoringForm) -> None:
        form.interest.insert(
            0, InterestRow("read the docs", ["page"], 'event.path.startsWith("/docs")', 4, 2, "day")
        )
        del form.interest[-1]
        form.fit[0], form.fit[1] = form.fit[1], form.fit[0]
        form.fit.append(FitRow("from Korea", 'lead.country == "KR"', 5))
        form.levels["1"] = 70
        form.matrix["C"][0] = "engaged"
        form.matrix["C"][1] = "engaged"

    written, made = scoring_after(turned)

    assert made.interest[0].rule == "read the docs"
    assert str(made.interest[0].at_most) == "2 per day"
    assert [one.rule for one in made.fit if not hasattr(one, "first")][:2] == [
        "runs service or operations",
        "decides about money",
    ]
    assert made.fit_conditions["from Korea"]
    assert made.levels[1] == 70
    assert made.matrix["C"] == ("engaged", "engaged", "engaged", "known")
    assert "levels: {1: 70, 2: 30, 3: 10}" in written


def test_bands_and_rules_of_which_the_first_counts_are_kept_and_changed() -> None:
    def changed(form: ScoringForm) -> None:
        first, bands = form.fit
        assert isinstance(first, FirstRows)
        assert isinstance(bands, FitRow)
        first.rows[1].points = 12
        bands.bands.insert(0, Band(500, 30))

    written, made = scoring_after(changed, WITH_FIRST)

    assert "- {rule: signs, if: 'lead.title.lower().contains(\"ceo\")', points: 20}" in written
    assert "points: 12" in written
    (bands,) = [one for one in made.fit if isinstance(one, BandRule)]
    assert bands.bands[500] == 30


def test_a_rule_that_is_off_gives_nothing_and_stays_in_the_file() -> None:
    """Switched off, it is as if it were not there: what it took goes to the rule below."""

    def off(form: ScoringForm) -> None:
        prices = next(one for one in form.interest if one.rule == "looked at prices")
        korea = FitRow("from Korea", 'lead.country == "KR"', 50)
        prices.off = True
        form.fit.append(korea)
        korea.off = True

    _written, made = scoring_after(off)

    page = InterestEvent("page", path="/pricing")
    assert worth_of(made, page, SOME_DAY).rule == "read a page"
    assert fit_of(made, {"country": "KR", "title": "", "attributes": {}}, {}, SOME_DAY).points == 0


def test_a_recycle_form_that_nobody_touched_is_the_file_to_the_letter() -> None:
    assert recycle_after(str)[0] == RECYCLE


def test_a_wait_and_a_last_time_are_a_line_each() -> None:
    def changed(form: RecycleForm) -> None:
        rows = {one.reason: one for one in form.rows}
        rows["no_show"].wait = "14 days"
        rows["lost"].cells[3] = CycleCell(stop=True)
        rows["stalled"].cells = {2: CycleCell(wait="120 days"), 3: CycleCell(stop=True)}
        form.default.cells = {}

    written, made = recycle_after(changed)

    _gone, come = lines_changed(RECYCLE, written)
    assert len(come) == 4
    assert "no_show: {wait: 14 days, cadence: recycle-reentry, cycles: {2:" in written
    assert (
        "lost: {wait: 180 days, cadence: recycle-reentry, cycles: {2: {wait: 360 days}, 3: stop}}"
        in (written)
    )
    assert made.rule("stalled").terms(3).stops
    assert str(made.rule("stalled").terms(2).wait) == "120 days"
    assert not made.default.terms(9).stops
    assert lost_comments(RECYCLE, written) == []


def test_reasons_come_and_go_and_the_contract_too() -> None:
    def turned(form: RecycleForm) -> None:
        form.rows = [one for one in form.rows if one.reason != "no_outcome"]
        form.rows.append(RestRow("moved", "30 days", "recycle-reentry"))
        form.attribute = ""

    written, made = recycle_after(turned)

    assert "no_outcome" not in written
    assert "moved: {wait: 30 days, cadence: recycle-reentry, " in written
    assert made.rule("moved").terms(4).stops
    assert made.contract_end is None
