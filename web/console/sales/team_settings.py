"""``/console/team-settings``: teams, their hours, the reps and the routing, in a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path
from domain.contacts.countries import country_code
from domain.sales.team import TeamPolicy
from domain.sales.team_form import (
    ManagerRow,
    RepRow,
    RuleRow,
    TeamRow,
    asks_for,
    countries_of,
    form_of,
    next_code,
    week_written,
    with_form,
)
from domain.time.window import WEEKDAYS
from domain.translations.cldr_names import country_names
from store.published.published_texts import PublishedText
from store.routing.presence import RepLine, reps
from web.console import labels
from web.console.pages import console_page
from web.console.parts import button, quiet, section, show, sure
from web.console.sales.choose_many import ChooseMany
from web.console.sales.closed_days import ClosedDays
from web.console.sales.policy_form import Fields, PolicyForm, policy_to_change
from web.console.times import day_names
from web.console.visit import PageVisit
from web.console.words import N_, _, language, ngettext

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "sv", "tr", "zh")
"""Languages that are offered; others can be written into the file."""


@console_page("/team-settings", Action.PUBLISH_TEAM, N_("Teams and routing"))
async def team_settings(visit: PageVisit) -> None:
    """What ``team.yaml`` says, for whoever answers for the teams."""
    published, policy = await policy_to_change(visit, TeamPolicy)
    known = {one.code: one for one in await visit.read(reps, visit.context.clock.now())}
    TeamSettings(visit, published, policy, known).build()


class TeamSettings:
    """The form as it is open."""

    def __init__(
        self,
        visit: PageVisit,
        published: PublishedText,
        policy: TeamPolicy,
        known: Mapping[str, RepLine],
    ) -> None:
        self.visit, self._published, self._known = visit, published, known
        self._policy = policy
        self._begun, self.form = form_of(policy), form_of(policy)
        self._fields: dict[tuple[str, int, str], ValidationElement[Any]] = {}
        self._closed: dict[Path, ValidationElement[Any]] = {}
        self._calendars: list[ClosedDays] = []

    def build(self) -> None:
        """All of it, where the page is being built."""
        PolicyForm(
            self.visit,
            "team",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
            doubles=lambda: [field for one in self._calendars for field in one.doubles()],
        )
        with section(_("Managers")):
            show(quiet(_("They hear of what their teams did not keep, and take no leads.")), "p")
            self._managers = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a manager"), self._add_manager)
        with section(_("Teams and their hours")):
            self._teams = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a team"), self._add_team)
        with section(_("Reps")):
            self._reps = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a rep"), self._add_rep)
        with section(_("Routing")):
            first = ui.checkbox(
                _("A lead goes to the owner of its account first"),
                value=self.form.account_owner_first,
            )
            first.bind_value_to(self.form, "account_owner_first")
            show(quiet(_("The first rule that fits a lead says who may take it.")), "p")
            self._rules = ui.element("div").classes("stack")
            with ui.element("div").classes("acts"):
                button(_("Add a rule"), self._add_rule)
        self._draw_managers()
        self._draw_teams()
        self._draw_reps()
        self._draw_rules()

    def _where(self) -> Fields:
        found: dict[Path, ValidationElement[Any]] = {
            (part, at, *_PATHS.get((part, name), (name,))): field
            for (part, at, name), field in self._fields.items()
        }
        # Days that are alike are written together, under the first.
        for at, team in enumerate(self.form.teams):
            for written in week_written(team.days):
                day = self._fields["teams", at, written[:3]]
                found["teams", at, "calendar", "hours", written] = day
        return found | self._closed

    def _forget(self, part: str) -> None:
        self._fields = {key: one for key, one in self._fields.items() if key[0] != part}

    def _keep(self, part: str, at: int, name: str, field: ValidationElement[Any]) -> None:
        self._fields[part, at, name] = field

    def _text(
        self, row: object, label: str, place: tuple[str, int, str], *, wide: bool = False
    ) -> ui.input:
        part, at, name = place
        field = ui.input(label, value=getattr(row, name)).props("outlined dense maxlength=400")
        field.on_value_change(lambda change: setattr(row, name, (change.value or "").strip()))
        if wide:
            field.classes("wide")
        self._keep(part, at, name, field)
        return field

    def _number(self, row: object, label: str, place: tuple[str, int, str]) -> None:
        part, at, name = place
        field = ui.number(label, value=getattr(row, name), precision=0).props("outlined dense")
        field.on_value_change(
            lambda change: setattr(row, name, None if change.value is None else int(change.value))
        )
        self._keep(part, at, name, field.classes("short"))

    def _select(
        self, row: object, label: str, options: Mapping[str, str], place: tuple[str, int, str]
    ) -> None:
        part, at, name = place
        offered = dict(options)
        offered.setdefault(getattr(row, name), getattr(row, name))
        field = ui.select(offered, label=label, value=getattr(row, name), with_input=True)
        field.props("outlined dense")
        field.on_value_change(lambda change: setattr(row, name, change.value or ""))
        self._keep(part, at, name, field)

    def _many(
        self,
        row: object,
        label: str,
        options: Callable[[], Mapping[str, str]],
        name_of: Callable[[str], str],
        place: tuple[str, int, str],
    ) -> None:
        part, at, name = place
        chosen = ChooseMany(
            label,
            list(getattr(row, name)),
            options=options,
            name=name_of,
            none=_("any"),
            changed=lambda value: setattr(row, name, value),
        )
        self._keep(part, at, name, chosen.field)

    def _people(self) -> dict[str, str]:
        """Who can be told of what a team did not keep: code → name."""
        people: list[ManagerRow | RepRow] = [*self.form.managers, *self.form.reps]
        return {one.code: one.name or one.code for one in people}

    def _draw_managers(self) -> None:
        self._forget("managers")
        self._managers.clear()
        with self._managers:
            for at, one in enumerate(self.form.managers):
                with ui.element("fieldset").classes("setting"):
                    show(escape(one.name or _("New manager")), "legend")
                    name = self._text(one, _("Name"), ("managers", at, "name"))
                    name.on_value_change(self._offer_managers)
                    self._text(one, _("E-mail address"), ("managers", at, "email"))
                    removing = button(_("Remove"), partial(self._remove_manager, one), danger=True)
                    removing.props["aria-label"] = f"{_('Remove')}: {one.name}"

    def _add_manager(self) -> None:
        code = next_code([*self._begun.managers, *self.form.managers], "mgr")
        self.form.managers.append(ManagerRow(code))
        self._draw_managers()
        self._offer_managers()

    def _remove_manager(self, one: ManagerRow) -> None:
        self.form.managers.remove(one)
        with self._managers:
            self._draw_managers()
        self._offer_managers()

    def _offer_managers(self) -> None:
        """Have whoever manages now among those that teams may have."""
        for (part, _at, name), field in self._fields.items():
            if (part, name) == ("teams", "manager") and isinstance(field, ui.select):
                gone = {field.value: field.value}
                field.set_options({"": _("Nobody")} | gone | self._people())

    def _draw_teams(self) -> None:
        self._forget("teams")
        self._closed.clear()
        self._calendars.clear()
        self._teams.clear()
        with self._teams:
            for at, team in enumerate(self.form.teams):
                self._team(at, team)

    def _add_team(self) -> None:
        like = self.form.teams[-1]
        made = TeamRow("", like.time_zone, list(like.days), like.holidays, manager=like.manager)
        self.form.teams.append(made)
        self._draw_teams()

    def _remove_team(self, team: TeamRow) -> None:
        self.form.teams.remove(team)
        with self._teams:
            self._draw_teams()

    def _team(self, at: int, team: TeamRow) -> None:
        zones = {one: one for one in sorted(available_timezones())}
        with ui.element("fieldset").classes("setting"):
            show(escape(team.team or _("New team")), "legend")
            if not team.was:
                code = self._text(team, _("Short name"), ("teams", at, "team"))
                written = _("Small letters, digits and dashes")
                code.props(f'hint="{written}"')
                code.on("blur", self._draw_reps)
            self._select(team, _("Time zone"), zones, ("teams", at, "time_zone"))
            countries = {"": _("None")} | _countries()
            self._select(team, _("Holidays of"), countries, ("teams", at, "holidays"))
            managers = {"": _("Nobody")} | self._people()
            self._select(team, _("Manager"), managers, ("teams", at, "manager"))
            with ui.element("div").classes("week"):
                for day, name in enumerate(day_names()):
                    hours = ui.input(name, value=team.days[day], placeholder=_("closed"))
                    hours.props("outlined dense maxlength=200")
                    hours.on_value_change(partial(_set_day, team, day))
                    self._keep("teams", at, WEEKDAYS[day], hours)
            show(quiet(_("Such as 09:00-12:00, 13:00-18:00. An empty day is closed.")), "p")
            self._closed_days(at, team)
            waits = self._text(
                team, _("A lead that nobody can take is told of after"), ("teams", at, "waits")
            )
            waits.props(f'placeholder="{_("at once")}" stack-label').classes("action")
            alerted = ChooseMany(
                _("Who is told"),
                list(team.alert),
                options=self._people,
                name=lambda code: self._people().get(code, code),
                none=_("the team's manager"),
                changed=lambda value: setattr(team, "alert", value),
            )
            self._keep("teams", at, "alert", alerted.field)
            if len(self.form.teams) > 1:
                removing = button(_("Remove"), partial(self._remove_team, team), danger=True)
                removing.props["aria-label"] = f"{_('Remove')}: {team.team}"

    def _closed_days(self, at: int, team: TeamRow) -> None:
        calendar = ("teams", at, "calendar")

        def keep(place: Path, field: ValidationElement[Any]) -> None:
            self._closed[(*calendar, *place)] = field

        def forget() -> None:
            for place in [one for one in self._closed if one[:3] == calendar]:
                del self._closed[place]

        self._calendars.append(ClosedDays(team, keep, forget))

    def _draw_reps(self) -> None:
        self._forget("reps")
        self._reps.clear()
        with self._reps:
            for at, rep in enumerate(self.form.reps):
                self._rep(at, rep)

    def _rep(self, at: int, rep: RepRow) -> None:
        teams = {one.team: one.team for one in self.form.teams}
        with ui.element("fieldset").classes("setting"):
            show(escape(rep.name or _("New rep")), "legend")
            self._text(rep, _("Name"), ("reps", at, "name"))
            self._text(rep, _("E-mail address"), ("reps", at, "email"))
            self._text(rep, _("Address of video calls"), ("reps", at, "meeting_link"))
            if len(teams) > 1:
                self._select(rep, _("Team"), teams, ("reps", at, "team"))
            self._number(rep, _("Weight"), ("reps", at, "weight"))
            self._number(rep, _("Most open leads"), ("reps", at, "cap"))
            self._many(rep, _("Countries"), _countries, labels.country, ("reps", at, "territories"))
            self._many(rep, _("Languages"), _spoken, labels.spoken, ("reps", at, "languages"))
            segments = ui.input(_("Segments"), value=", ".join(rep.segments))
            segments.props(f'outlined dense maxlength=400 placeholder="{_("any")}" stack-label')
            segments.on_value_change(partial(_set_segments, rep))
            self._keep("reps", at, "segments", segments)
            removing = button(_("Remove"), partial(self._remove_rep, rep), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {rep.name}"

    def _add_rep(self) -> None:
        team = self.form.teams[0].team
        self.form.reps.append(RepRow(next_code([*self._begun.reps, *self.form.reps]), team=team))
        self._draw_reps()

    async def _remove_rep(self, rep: RepRow) -> None:
        known = self._known.get(rep.code)
        if known is not None and known.open_leads:
            question = ngettext(
                "{rep} has 1 open lead, which stays theirs: reassign it first. Remove all the "
                "same?",
                "{rep} has {number} open leads, which stay theirs: reassign them first. Remove "
                "all the same?",
                known.open_leads,
                rep=rep.name,
            )
            if not await sure(question, _("Remove")):
                return
        self.form.reps.remove(rep)
        with self._reps:
            self._draw_reps()

    def _draw_rules(self) -> None:
        self._forget("routing")
        self._rules.clear()
        with self._rules:
            for at, rule in enumerate(self.form.rules):
                self._rule(at, rule)

    def _rule(self, at: int, rule: RuleRow) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(f"{at + 1}. {rule.rule}".rstrip(". ")), "legend")
            self._text(rule, _("Name of the rule"), ("routing", at, "rule"))
            self._fitting(at, rule)
            to = ui.select(
                self._takers(rule), label=_("Who may take it"), value=list(rule.to), multiple=True
            )
            to.props("outlined dense use-chips").classes("wide")
            to.on_value_change(lambda change: setattr(rule, "to", list(change.value or ())))
            self._keep("routing", at, "to", to)
            for text, step in ((_("Up"), -1), (_("Down"), 1)):
                if 0 <= at + step < len(self.form.rules):
                    moving = button(text, partial(self._move_rule, at, step))
                    moving.props["aria-label"] = f"{text}: {rule.rule}"
            removing = button(_("Remove"), partial(self._remove_rule, rule), danger=True)
            removing.props["aria-label"] = f"{_('Remove')}: {rule.rule}"

    def _fitting(self, at: int, rule: RuleRow) -> None:
        """Which leads a rule is for: countries to choose, or a condition where it asks for more."""
        chosen = countries_of(rule.condition)
        if chosen is None:
            self._text(rule, _("For leads that"), ("routing", at, "condition"), wide=True)
            return

        def choose(countries: list[str]) -> None:
            rule.condition = asks_for(countries)

        field = ChooseMany(
            _("For leads of"),
            chosen,
            options=_countries,
            name=labels.country,
            none=_("every country"),
            changed=choose,
        ).field
        self._keep("routing", at, "condition", field)
        button(_("Write a condition"), partial(self._write_condition, rule))

    def _write_condition(self, rule: RuleRow) -> None:
        if rule.condition == asks_for([]):
            rule.condition = 'lead.country == "KR" || lead.language == "ko"'
        else:
            rule.condition = f"({rule.condition})"
        self._draw_rules()

    def _takers(self, rule: RuleRow) -> dict[str, str]:
        teams = {one.team: _("Team {team}", team=one.team) for one in self.form.teams}
        people = {one.code: one.name for one in self.form.reps}
        gone = {code: code for code in rule.to}
        return gone | teams | people

    def _add_rule(self) -> None:
        # A rule that takes every lead stands last: what came after it would never be reached.
        at = len(self.form.rules)
        if at and countries_of(self.form.rules[-1].condition) == []:
            at -= 1
        self.form.rules.insert(at, RuleRow("", to=[self.form.teams[0].team]))
        self._draw_rules()

    def _move_rule(self, at: int, step: int) -> None:
        rules = self.form.rules
        rules[at], rules[at + step] = rules[at + step], rules[at]
        self._draw_rules()

    def _remove_rule(self, rule: RuleRow) -> None:
        self.form.rules.remove(rule)
        self._draw_rules()


_PATHS: Mapping[tuple[str, str], Path] = {
    ("teams", "time_zone"): ("calendar", "time_zone"),
    ("teams", "holidays"): ("calendar", "holidays"),
    ("teams", "waits"): ("unassigned", "after"),
    ("teams", "alert"): ("unassigned", "alert"),
    **{("teams", day): ("calendar", "hours", day) for day in WEEKDAYS},
    ("routing", "condition"): ("if",),
}
"""Where a field of the form stands in its row of the file, if not by its own name."""


def _set_day(team: TeamRow, day: int, change: object) -> None:
    team.days[day] = (getattr(change, "value", "") or "").strip()


def _set_segments(rep: RepRow, change: object) -> None:
    typed = str(getattr(change, "value", "") or "").split(",")
    rep.segments = [one.strip() for one in typed if one.strip()]


def _countries() -> dict[str, str]:
    known = country_names(language())
    return dict(
        sorted(
            ((code, name) for code, name in known.items() if country_code(code) == code),
            key=lambda one: one[1],
        )
    )


def _spoken() -> dict[str, str]:
    return {code: labels.spoken(code) for code in LANGUAGES}
