"""The team (``cadences/team.yaml``): who works leads, when, and which leads go to whom."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from domain.authoring.kinds import kind
from domain.contacts.countries import country_code, language_code
from domain.email.message import MailError, mailbox
from domain.meetings.report_fields import web_address
from domain.rules.condition_budget import MOST_CONDITIONS, too_costly_together
from domain.rules.conditions import Condition, checked_condition, compile_condition
from domain.rules.policy import Policy, PolicyFile, mistake
from domain.sales.team_checks import DEFAULT_TEAM, mistakes
from domain.scoring.fit_rules import FIT_FACTS
from domain.time.business_time import BusinessCalendar
from domain.time.spans import ClockSpan, DelayField

_CODE = re.compile(r"[a-z0-9-]{1,60}")


def _checked_code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise mistake(
            f"'{value}' can't be a code. Use lower-case letters, digits and dashes, such as rep-1"
        )
    return value


def _country(value: str) -> str:
    meant = country_code(value)
    if value != meant:
        advice = f"Write {meant}" if meant else "Write two capital letters, such as KR"
        raise mistake(f"'{value}' is no country code. {advice}")
    return value


def _language(value: str) -> str:
    meant = language_code(value)
    if value != meant:
        advice = f"Write {meant}" if meant else "Write two small letters, such as ko"
        raise mistake(f"'{value}' is no language code. {advice}")
    return value


def _checked_link(value: str) -> str:
    if value and not web_address(value):
        raise mistake(f"'{value}' is no address of a video call. Write one that begins https://")
    return value


def _checked_email(value: str) -> str:
    if value:
        try:
            mailbox(value)
        except MailError:
            raise mistake(
                f"'{value}' is no e-mail address. Write one, such as hana@p.example"
            ) from None
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rule_name(value: str) -> str:
    if not value.strip() or len(value) > 80:
        raise mistake("a rule needs a name of 1 to 80 characters, such as 'Korea'")
    return value.strip()


Code = Annotated[
    str,
    AfterValidator(_checked_code),
    kind("code", "Lower-case letters, digits and dashes, at most 60.", "rep-1"),
]


class TeamMember(Policy):
    """A person of the sales side. Only ``code`` enters Temporal."""

    code: Code
    """What the person is called wherever no name may be."""
    name: str
    """For people."""
    email: Annotated[str, AfterValidator(_checked_email)]
    """The person's address; '' for who has none."""


class TeamRep(TeamMember):
    """A person who takes leads."""

    team: str = ""
    """Code of the rep's team; '' is the only one there is."""
    weight: int = Field(default=1, ge=1, le=100)
    """The rep's share of leads, compared with that of others."""
    cap: int = Field(default=500, ge=0)
    """Open leads beyond which the rep is given no more."""
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = ()
    """Languages (BCP 47 primary subtags) the rep is best asked in; none means any."""
    territories: tuple[Annotated[str, AfterValidator(_country)], ...] = ()
    """Countries (ISO 3166-1 alpha-2) the rep is best given; none means any."""
    segments: tuple[str, ...] = ()
    """Values of the attribute ``segment`` the rep is best given; none means any."""
    meeting_link: Annotated[str, AfterValidator(_checked_link)] = ""
    """Where the rep's video calls take place, for meetings that are booked with us."""


class UnassignedRules(Policy):
    """Who is alerted, and when, about leads that nobody can take."""

    after: DelayField = ClockSpan(None)
    """How long a lead waits before the alert."""
    alert: tuple[str, ...] = ()
    """Codes of people; none means the team's manager."""


class Team(Policy):
    """Reps who share a calendar and a manager."""

    team: Code
    """Its code."""
    calendar: BusinessCalendar = BusinessCalendar()
    """When it works."""
    manager: str = ""
    """Code of a manager or rep; '' when there is none."""
    unassigned: UnassignedRules = UnassignedRules()
    """What happens about leads that none of its reps can take."""


class RoutingRule(Policy):
    """Which leads go to whom."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    rule: Annotated[str, AfterValidator(_rule_name)]
    """Its name, at most 80 characters."""
    condition: Annotated[str, checked_condition(FIT_FACTS)] = Field(default="true", alias="if")
    """A condition over ``lead.*`` and ``account.*``; without one the rule takes every lead."""
    to: Annotated[
        tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])
    ] = Field(min_length=1)
    """Code of a team or a rep, or a list of them."""

    @cached_property
    def compiled(self) -> Condition:
        """The condition ready to use."""
        return compile_condition(self.condition, FIT_FACTS)


class TeamPolicy(PolicyFile):
    """Who works the tasks. A file of reps alone has one team of the default calendar."""

    policy: Literal["team"]
    account_owner_first: bool = True
    """A lead goes to the owner of its account when that is a rep with room."""
    teams: tuple[Team, ...] = Field(default=(Team(team=DEFAULT_TEAM),), min_length=1)
    """Without it there is one team, of the default calendar."""
    managers: tuple[TeamMember, ...] = ()
    """People who are told of breaches and take no leads."""
    reps: tuple[TeamRep, ...] = Field(min_length=1)
    """People who take leads."""
    routing: tuple[RoutingRule, ...] = Field(default=(), max_length=MOST_CONDITIONS)
    """The first rule that fits a lead says who may take it; a lead that none fits, any rep."""

    @model_validator(mode="after")
    def _names_what_there_is(self) -> TeamPolicy:
        # The same checks read the file itself for lint, which reports all of them.
        if costly := too_costly_together(rule.condition for rule in self.routing):
            raise mistake(costly, ("routing",))
        for path, message in mistakes(self.model_dump(mode="json", by_alias=True)):
            raise mistake(message, path)
        return self

    def rep(self, code: str) -> TeamRep | None:
        """The rep with this code."""
        return next((rep for rep in self.reps if rep.code == code), None)

    def team(self, code: str) -> Team | None:
        """The team with this code."""
        return next((team for team in self.teams if team.team == code), None)

    def team_of(self, rep: TeamRep) -> Team:
        """The rep's team."""
        return next((team for team in self.teams if team.team == rep.team), self.teams[0])

    def reps_of(self, team: str) -> list[TeamRep]:
        """The reps of the team with this code, in the order of the file."""
        return [rep for rep in self.reps if self.team_of(rep).team == team]

    def alerted(self, team: Team) -> list[str]:
        """Codes of the people who are alerted about leads the team can't take."""
        return list(team.unassigned.alert) or [code for code in (team.manager,) if code]
