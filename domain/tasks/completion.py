"""What a person enters to end a task, the same through every door, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from domain.contracts.tasks import Disposition, TaskKind
from domain.inputs import ASKED, Code, Day, Instant
from domain.rules.policy import CODE
from domain.sentences import Sentence, sentence
from domain.tasks.rules import DATED, DISPOSITIONS, LOST_TO, REASONED, TASKS, TIMED

LONGEST_NOTE = 10_000
"""Characters."""


LONGEST_MAIL = 5_000
"""Characters of a mail in somebody's own words."""


class Learned(BaseModel):
    """What is known of an opportunity."""

    model_config = ASKED

    budget: str | None = None
    authority: str | None = None
    need: str | None = None
    timeline: str | None = None


class MailDecision(BaseModel):
    """What becomes of the mail that goes out after a call; what is left empty stays as the template
    has it."""

    model_config = ASKED

    skip: bool = Field(default=False, description="It does not go out.")
    subject: str = Field(default="", max_length=200, description="Another subject.")
    text: str = Field(
        default="",
        max_length=LONGEST_MAIL,
        description="Other words: plain text in paragraphs, with the merge fields of a mail. "
        "Buttons, signature and footer stay.",
    )


class Completion(BaseModel):
    """How a task ended."""

    model_config = ASKED

    # Any text, so that what nobody offers is refused with what the task may end with.
    disposition: Code = Field(
        description="One of the task's dispositions.", json_schema_extra={"enum": [*Disposition]}
    )
    at: Instant | None = Field(default=None, description=f"For {TIMED}.")
    reason: Code = Field(default="", description=f"A code, for {REASONED}.")
    note: str = Field(default="", max_length=LONGEST_NOTE)
    learned: Learned | None = Field(default=None, description="With tasks of opportunities.")
    competitor: Code = Field(
        default="", description=f"A code, for {LOST_TO}: whom the opportunity was lost to."
    )
    until: Day | None = Field(
        default=None,
        description=f"With {DATED}: the day on which the lead comes back, in its own time zone.",
    )

    mail: MailDecision | None = Field(
        default=None,
        description="With the disposition of a call that a mail follows: what becomes of it.",
    )

    @property
    def known(self) -> dict[str, str]:
        """What was learned of an opportunity, by name; '' where what was known is known no
        longer."""
        return (self.learned or Learned()).model_dump(exclude_none=True)

    def kept(self) -> dict[str, Any]:
        """What was entered, as JSON for the database; what was left out is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def pruned(self) -> Completion:
        """What of it the chosen disposition takes: somebody may have entered more on the way."""
        rule = DISPOSITIONS[Disposition(self.disposition)]
        return Completion(
            disposition=self.disposition,
            at=self.at if rule.needs_time else None,
            reason=self.reason if rule.needs_reason else "",
            note=self.note.strip(),
            learned=self.learned if any(self.known.values()) else None,
            competitor=self.competitor if rule.may_name_competitor else "",
            until=self.until if rule.may_name_day else None,
            mail=self.mail if self.mail != MailDecision() else None,
        )


@dataclass(frozen=True)
class CompletionMistake:
    """What is wrong in a completion: the name of the field, and what to do instead."""

    field: str
    sentence: Sentence


def mistake_in(
    completion: Completion, kind: TaskKind, task_id: int, offered: Sequence[str]
) -> CompletionMistake | None:
    """What keeps a completion from ending the task, by the table of dispositions alone; None when
    nothing does.

    Args:
        offered: the dispositions that the task may end with.
    """
    code = completion.disposition
    if code not in offered:
        return CompletionMistake(
            "disposition",
            sentence(
                "Task {task} cannot end with '{disposition}'; choose one of {dispositions}.",
                task=task_id,
                disposition=code,
                dispositions=list(offered),
            ),
        )
    rule = DISPOSITIONS[Disposition(code)]
    if rule.needs_time and completion.at is None:
        return CompletionMistake(
            "at", sentence("'{disposition}' needs a time: say when.", disposition=code)
        )
    if rule.needs_reason and not completion.reason:
        return CompletionMistake(
            "reason", sentence("'{disposition}' needs a reason: give its code.", disposition=code)
        )
    if completion.at is not None and not rule.needs_time:
        return CompletionMistake(
            "at", sentence("'{disposition}' takes no time: leave it out.", disposition=code)
        )
    if completion.until is not None and not rule.may_name_day:
        return CompletionMistake(
            "until",
            sentence(
                "'{disposition}' does not send the lead to rest: leave the day out.",
                disposition=code,
            ),
        )
    if completion.known and not TASKS[kind].records_opportunity:
        return CompletionMistake(
            "learned",
            sentence(
                "Budget, authority, need and timeline are recorded with opportunity tasks only: "
                "leave them out, or put them into the note."
            ),
        )
    if (mail := completion.mail) and mail.skip and (mail.subject or mail.text):
        return CompletionMistake(
            "mail", sentence("A mail that does not go out has no words: skip it, or change it.")
        )
    return _wrong_code(completion, takes_competitor=rule.may_name_competitor)


def _wrong_code(completion: Completion, *, takes_competitor: bool) -> CompletionMistake | None:
    code, competitor, reason = completion.disposition, completion.competitor, completion.reason
    if competitor and not takes_competitor:
        return CompletionMistake(
            "competitor",
            sentence(
                "'{disposition}' takes no competitor: leave it out, or end the task with lost.",
                disposition=code,
            ),
        )
    if competitor and not CODE.fullmatch(competitor):
        return CompletionMistake(
            "competitor",
            sentence(
                "'{code}' is no code of a competitor: use lower-case letters, digits and _, such "
                "as acme, and put the rest into the note.",
                code=competitor,
            ),
        )
    if lacks_competitor(completion):
        return CompletionMistake(
            "competitor", sentence("Lost to which competitor? Give its code, such as acme.")
        )
    if reason and not CODE.fullmatch(reason):
        return CompletionMistake(
            "reason",
            sentence(
                "'{code}' is no reason code: use lower-case letters, digits and _, such as price "
                "or no_budget, and put the rest into the note.",
                code=reason,
            ),
        )
    return None


def lacks_competitor(completion: Completion) -> bool:
    """Whether an opportunity was lost to a competitor that is not named."""
    lost_to_one = (completion.disposition, completion.reason) == (Disposition.LOST, "competitor")
    return lost_to_one and not completion.competitor
