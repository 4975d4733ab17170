"""Forms over ``team.yaml`` and ``sla.yaml``: else a manager who changes one number rewrites a file
that others have written with care, or publishes what nobody asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from domain.authoring.yaml_edit import is_laid_out_anew, lost_comments, merged
from domain.authoring.yaml_source import read, validate
from domain.sales import sla_form, team_form
from domain.sales.sla import SlaPolicy
from domain.sales.team import TeamPolicy
from domain.sales.team_form import TeamForm
from settings import ROOT

TEAM = (ROOT / "cadences" / "team.yaml").read_text(encoding="utf-8")
SLA = (ROOT / "cadences" / "sla.yaml").read_text(encoding="utf-8")


def team_after(change: Callable[[TeamForm], object]) -> tuple[str, TeamPolicy]:
    """The file, and what it says, after a change of the form."""
    policy, _ = validate(TeamPolicy, TEAM, "team.yaml")
    assert policy is not None
    form = team_form.form_of(policy)
    change(form)
    written = merged(
        TEAM, team_form.with_form(read(TEAM, "").data, team_form.form_of(policy), form)
    )
    made, problems = validate(TeamPolicy, written, "team.yaml")
    assert problems == []
    assert made is not None
    return written, made


def lines_changed(before: str, after: str) -> tuple[set[str], set[str]]:
    """The lines that went, and those that came."""
    had, has = set(before.splitlines()), set(after.splitlines())
    return had - has, has - had


def test_a_form_that_nobody_touched_is_the_file_to_the_letter() -> None:
    assert team_after(str)[0] == TEAM
    assert not is_laid_out_anew(TEAM)
    assert not is_laid_out_anew(SLA)


def test_one_weight_is_one_line_and_all_comments_stay() -> None:
    def heavier(form: team_form.TeamForm) -> None:
        form.reps[1].weight = 3

    written, made = team_after(heavier)

    gone, come = lines_changed(TEAM, written)
    assert (len(gone), len(come)) == (1, 1)
    assert "weight: 3" in come.pop()
    assert made.reps[1].weight == 3
    assert lost_comments(TEAM, written) == []


def test_hours_are_written_as_people_write_them() -> None:
    def shorter(form: team_form.TeamForm) -> None:
        form.teams[1].days = ["09:00-12:00, 13:00-17:00"] * 4 + ["09:00 - 13:00", "", ""]

    written, made = team_after(shorter)

    assert "mon-thu: [" in written
    assert "closed:" in written
    assert [len(day) for day in made.teams[1].calendar.hours] == [2, 2, 2, 2, 1, 0, 0]
    assert team_form.form_of(made).teams[1].days[4] == "09:00-13:00"


def test_reps_and_rules_come_go_and_move_and_what_the_form_does_not_show_stays() -> None:
    def turned(form: team_form.TeamForm) -> None:
        code = team_form.next_code(form.reps)
        form.reps.append(team_form.RepRow(code, "Ada Okoye", "ada@x.example", "world", cap=40))
        del form.reps[3]
        form.rules[1].to = ["rep-1"]
        form.rules[0], form.rules[1] = form.rules[1], form.rules[0]
        form.rules.insert(0, team_form.RuleRow("DACH", team_form.asks_for(["AT"]), ["rep-2"]))

    written, made = team_after(turned)

    assert [one.code for one in made.reps][-1] == "rep-5"
    assert made.rep("rep-4") is None
    assert made.reps[-1].cap == 40
    assert [one.rule for one in made.routing][:3] == ["DACH", "Iberia and Brazil", "Korea"]
    assert made.teams[1].unassigned.alert == ("mgr-world", "mgr-korea")
    assert "between the years" in written


def test_teams_managers_and_closed_days_are_written_beside_what_was_there() -> None:
    """A manager would ask somebody who can write YAML for the days between the years."""

    def grown(form: team_form.TeamForm) -> None:
        code = team_form.next_code(form.managers, "mgr")
        form.managers.append(team_form.ManagerRow(code, "Ada Okoye", "ada@x.example"))
        nordic = team_form.TeamRow("nordic", "Europe/Oslo", ["09:00-17:00"] * 7, manager=code)
        nordic.extra.append(team_form.ClosedRow("2027-05-17", "2027-05-17", "Constitution Day"))
        form.teams.append(nordic)
        form.reps[1].team = "nordic"
        form.reps[0].meeting_link = "https://meet.example/hana"
        korea = form.teams[0]
        korea.closed.append(team_form.ClosedRow("2027-09-14", "2027-09-17", "Chuseok"))
        korea.waits, korea.alert = "20 business minutes", ["mgr-world"]
        form.teams[1].extra.clear()
        form.teams[1].waits = ""

    written, made = team_after(grown)

    assert [one.code for one in made.managers] == ["mgr-korea", "mgr-world", "mgr-1"]
    nordic = made.team("nordic")
    assert nordic is not None
    assert (nordic.manager, nordic.calendar.time_zone) == ("mgr-1", "Europe/Oslo")
    assert dict(nordic.calendar.extra_holidays) == {date(2027, 5, 17): "Constitution Day"}
    assert [one.code for one in made.reps_of("nordic")] == ["rep-2"]
    assert made.reps[0].meeting_link == "https://meet.example/hana"
    korea, world = made.teams[:2]
    assert (str(korea.unassigned.after), korea.unassigned.alert) == (
        "20 business minutes",
        ("mgr-world",),
    )
    assert str(korea.calendar.closed[0].last) == "2027-09-17"
    assert (world.calendar.extra_holidays, len(world.calendar.closed)) == ((), 1)
    assert str(world.unassigned.after) == "0 minutes"
    assert lost_comments(TEAM, written) == []


def test_one_team_that_the_file_does_not_name_may_become_two() -> None:
    """Reps of a file without teams would belong to none."""
    alone = "policy: team\nreps:\n  - {code: rep-1, name: Ada, email: ''}\n"
    policy, _ = validate(TeamPolicy, alone, "team.yaml")
    assert policy is not None
    form = team_form.form_of(policy)
    form.teams.append(team_form.TeamRow("korea", "Asia/Seoul", ["09:00-17:00"] * 5 + ["", ""]))
    form.reps.append(team_form.RepRow("rep-2", "Bo", "", "korea"))
    written = merged(
        alone, team_form.with_form(read(alone, "").data, team_form.form_of(policy), form)
    )
    made, problems = validate(TeamPolicy, written, "team.yaml")

    assert problems == []
    assert made is not None
    assert [made.team_of(rep).team for rep in made.reps] == ["sales", "korea"]


@pytest.mark.parametrize(
    ("condition", "countries"),
    [
        ("true", []),
        ('lead.country == "KR"', ["KR"]),
        ('lead.country in ["BR", "ES"]', ["BR", "ES"]),
        ('lead.country == "KR" || lead.language == "ko"', None),
        ('!(lead.country == "KR")', None),
    ],
)
def test_countries_are_chosen_only_where_a_rule_asks_for_nothing_else(
    condition: str, countries: list[str] | None
) -> None:
    """The rest of a condition would be gone without a word."""
    assert team_form.countries_of(condition) == countries
    if countries:
        assert team_form.countries_of(team_form.asks_for(countries)) == countries


def test_a_promise_is_changed_and_an_action_is_added() -> None:
    policy, _ = validate(SlaPolicy, SLA, "sla.yaml")
    assert policy is not None
    before, form = sla_form.form_of(policy), sla_form.form_of(policy)
    form.spans["accept_within"] = sla_form.SpanRow(1, "business hours")
    form.on_breach.append(sla_form.BreachRow(sla_form.SpanRow(1, "business days"), "remind"))
    form.pilot = True

    written = merged(SLA, sla_form.with_form(read(SLA, "").data, before, form))
    made, problems = validate(SlaPolicy, written, "sla.yaml")

    assert problems == []
    assert made is not None
    assert (made.pilot, str(made.sales.accept_within)) == (True, "1 business hour")
    assert [str(one.after) for one in made.on_breach][-1] == "1 business day"
    assert lost_comments(SLA, written) == []


def test_comments_that_go_are_told() -> None:
    before = "reps:\n  # The best one.\n  - code: a\n  - code: b\n"

    assert lost_comments(before, "reps:\n  - code: b\n") == ["The best one."]


def test_a_mistake_is_found_at_the_value_that_it_is_about() -> None:
    """It would be told somewhere else on the page."""
    source = read(TEAM.replace("weight: 2", "weight: 200"), "team.yaml")
    _, problems = validate(TeamPolicy, source.text, "team.yaml")

    assert source.path_at(problems[0].line, problems[0].column) == ("reps", 0, "weight")
