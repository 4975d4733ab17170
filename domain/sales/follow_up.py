"""The follow-up (``cadences/follow-up.yaml``): what sales promises to do with a lead it was handed,
how often it calls, and what each outcome of a call leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.cadence import Name
from domain.contracts.tasks import Disposition, Undone
from domain.rules.policy import CODE, Path, Policy, PolicyFile, mistake
from domain.sales.calling_times import PARTS, PartOfDay, part_window
from domain.time.span import Span
from domain.time.spans import ClockSpan, ClockSpanField
from domain.time.window import SendWindow

UNANSWERED = (Disposition.LEFT_VOICEMAIL, Disposition.NO_ANSWER, Disposition.BUSY)
"""Dispositions of a call that nobody took."""
MAIL_AFTER_CALL = "follow-up-after-call"
NO_RESPONSE = "no_response"
"""The reason of a lead that no attempt reached."""

Way = Literal["next_attempt", "recycle", "disqualify"]
BY_ITSELF = {
    Disposition.CALL_BACK: "a call back is made at the time the lead asked for",
    Disposition.MEETING_BOOKED: "an appointment leads to the meeting",
}
"""Outcomes whose consequence no policy chooses, and why."""


UNCOUNTED_AT_MOST = 3


class After(Policy):
    """What one outcome of a call leads to: the next attempt after its gap when nothing is said."""

    to: Way = "next_attempt"
    """Where the lead goes."""
    reason: str = ""
    """Code with which the lead leaves; '' is the outcome itself."""
    again_in: ClockSpanField | None = None
    """How long after the call the next one is made, instead of the gap."""
    counts: bool = True
    """Whether the call was one of the attempts."""
    at_most: int | None = Field(default=None, ge=1, le=20)
    """How many calls in a row need not count, 3 when nothing is said; the one after counts."""
    mail: Name | None = None
    """Template of the mail that goes out at once."""

    @property
    def uncounted(self) -> int:
        """How many calls in a row do not count."""
        return 0 if self.counts else self.at_most or UNCOUNTED_AT_MOST

    @model_validator(mode="after")
    def _makes_sense(self) -> After:
        stays = self.to == "next_attempt"
        if not stays and self.again_in:
            raise mistake(
                "a lead that leaves is not called again. Delete 'again_in:' or 'to:'", ("again_in",)
            )
        if not self.counts and not self.again_in:
            raise mistake(
                "a call that does not count needs a time for the next one. "
                "Write again_in: 30 business minutes",
                ("counts",),
            )
        if self.at_most is not None and self.counts:
            raise mistake(
                "'at_most:' is for calls that do not count. Write counts: false, or delete it",
                ("at_most",),
            )
        if self.reason and stays:
            raise mistake(
                "only a lead that leaves has a reason. Write to: recycle, or delete 'reason:'",
                ("reason",),
            )
        if self.reason and not CODE.fullmatch(self.reason):
            raise mistake(
                f"'{self.reason}' is no reason code. Use lower-case letters, digits and _",
                ("reason",),
            )
        return self


def _one_word(value: Any) -> Any:
    """``no_answer: next_attempt`` for ``no_answer: {to: next_attempt}``."""
    if isinstance(value, str) and value not in get_args(Way):
        ways = get_args(Way)
        raise mistake(
            f"'{value}' leads nowhere.{did_you_mean(value, ways)} Use one of {', '.join(ways)}, or "
            "say when to call again: {again_in: 1 business day}"
        )
    return {"to": value} if isinstance(value, str) else value


AfterField = Annotated[After, BeforeValidator(_one_word, json_schema_input_type=After | Way)]

BY_DEFAULT: Mapping[Disposition | Undone, After] = {
    **dict.fromkeys((Disposition.CONNECTED, Disposition.MEANINGFUL, *UNANSWERED), After()),
    Disposition.WRONG_NUMBER: After(to="recycle"),
    Disposition.NOT_INTERESTED: After(to="recycle"),
    Disposition.UNQUALIFIED: After(to="disqualify"),
    Undone.EXPIRED: After(),
}
"""Outcomes whose consequence a policy may choose, and what they lead to when it does not.
``expired``: nobody called before the task's deadline."""


def _known_outcomes(value: Any) -> Any:
    for name in value if isinstance(value, dict) else ():
        if name in BY_ITSELF:
            raise mistake(f"{BY_ITSELF[name]}, whatever is written here. Delete the line", (name,))
        if name not in BY_DEFAULT:
            advice = did_you_mean(str(name), list(BY_DEFAULT))
            raise mistake(f"a call has no outcome '{name}'.{advice}", (name,))
    return value


def _mails(value: Any) -> Any:
    """``[1, 3]`` for ``{1: follow-up-after-call, 3: follow-up-after-call}``."""
    return dict.fromkeys(value, MAIL_AFTER_CALL) if isinstance(value, list) else value


class CallRules(Policy):
    """How often a lead is called, how far apart, and what each call leads to."""

    gaps: list[ClockSpanField] = Field(min_length=1)
    """Time before each call attempt; their number is the number of attempts. Business time is
    that of the owner's team."""
    spread: list[PartOfDay] = Field(default_factory=list)
    """Parts of the lead's day that attempts go through in turn; none leaves it to the gaps."""
    email_after: Annotated[
        dict[int, Name],
        BeforeValidator(_mails, json_schema_input_type=list[int] | dict[int, Name]),
    ] = Field(default_factory=dict)
    """The unanswered attempts that are followed by a mail → its template. A list of attempts,
    ``[1, 3]``, sends ``follow-up-after-call``."""
    after: Annotated[dict[str, AfterField], BeforeValidator(_known_outcomes)] = Field(
        default_factory=dict,
        description="Outcome of a call → what it leads to; one word is short for `{to: …}`. When "
        "nothing is said: "
        + ", ".join(f"`{outcome}: {rule.to}`" for outcome, rule in BY_DEFAULT.items()),
    )

    @model_validator(mode="after")
    def _emails_follow_attempts(self) -> CallRules:
        for attempt in self.email_after:
            if not 1 <= attempt <= self.attempts:
                raise mistake(
                    f"email_after names attempt {attempt}, but there are {self.attempts} gaps "
                    "and so as many attempts",
                    ("email_after",),
                )
        return self

    @property
    def attempts(self) -> int:
        """How many calls that count are made."""
        return len(self.gaps)

    def rule(self, disposition: Disposition | Undone) -> After:
        """What the disposition of a call leads to."""
        return self.after.get(disposition) or BY_DEFAULT.get(disposition) or After()

    def mail_after(self, disposition: Disposition | Undone, attempt: int) -> str:
        """Template of the mail that follows attempt ``attempt``, '' for none."""
        rule = self.rule(disposition)
        if rule.mail:
            return rule.mail
        due = disposition in UNANSWERED and rule.counts
        return self.email_after.get(attempt, "") if due else ""

    def mails(self) -> dict[Path, str]:
        """Where these rules name a mail → its template."""
        own: dict[Path, str] = {
            ("after", outcome, "mail"): rule.mail
            for outcome, rule in self.after.items()
            if rule.mail
        }
        return own | {
            ("email_after", attempt): template for attempt, template in self.email_after.items()
        }


Return = Literal["recycle", "disqualify"]


class ReturnRule(Policy):
    """What becomes of a lead that sales returns for one reason."""

    to: Return
    """Whether it rests, or is out."""
    fit: Literal["A", "B", "C", "D", ""] = ""
    """The fit letter that the lead has from now on; '' leaves it to the fit rules."""


def _short_return(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


class FollowUpPolicy(PolicyFile, CallRules):
    """What sales promises to do with a lead it was handed."""

    policy: Literal["follow-up"]
    calling_hours: SendWindow
    """When leads are called, in the lead's own time zone."""
    qualify_due: ClockSpanField
    """How soon the lead is to be accepted or returned. Business time is that of the owner's team,
    here and in the spans that follow."""
    qualify_deadline: ClockSpanField
    """When that task ends undone."""
    hot_due: ClockSpanField = ClockSpan(Span(5, "minute"))
    """How soon a lead that shows interest right now gets its answer."""
    hot_escalates: ClockSpanField = ClockSpan(Span(10, "minute"), business=True)
    """How long after that its owner's manager is told, while nobody has answered it."""
    call_due: ClockSpanField
    """How soon a call is to be made once it is planned."""
    call_deadline: ClockSpanField
    """When a call's task ends undone: the outcome ``expired``."""
    returns: dict[
        str,
        Annotated[
            ReturnRule, BeforeValidator(_short_return, json_schema_input_type=ReturnRule | Return)
        ],
    ]
    """Reason code of a returned lead → what becomes of it; ``recycle`` is short for
    ``{to: recycle}``."""
    outbound: CallRules | None = None
    """For leads that sales chose without any sign of interest; without it they are treated as the
    others."""

    @model_validator(mode="after")
    def _calls_within_calling_hours(self) -> FollowUpPolicy:
        for rules, path in ((self, ()), (self.outbound, ("outbound",))):
            for position, part in enumerate(rules.spread if rules else ()):
                if part_window(self.calling_hours, part) is None:
                    raise mistake(
                        f"nobody is called in the {part} ({PARTS[part].spoken}): calling_hours are "
                        "over or have not begun. Delete it, or fix calling_hours",
                        (*path, "spread", position),
                    )
        return self

    def calls(self, outbound: bool) -> CallRules:
        """The rules for a lead that was handed over, or for one that sales chose itself."""
        return (self.outbound or self) if outbound else self

    def mails(self) -> dict[Path, str]:
        """Where this policy names a mail → its template."""
        outbound = self.outbound.mails() if self.outbound else {}
        return super().mails() | {("outbound", *path): name for path, name in outbound.items()}
