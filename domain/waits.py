"""What a journey waits for, as a sentence: of its facts, for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from domain.contracts.waits import Obstacle, Wait, WaitKind
from domain.sentences import Sentence, Value, sentence
from domain.translations.translator import N_

_WAITS: Mapping[WaitKind, str] = {
    WaitKind.STARTING: N_("Starting"),
    WaitKind.ENTERING: N_("Entering {phase}"),
    WaitKind.PAUSED: N_("Paused by an operator; resume to go on with the time that was left"),
    WaitKind.FAILED: N_("The journey has failed: see why in the Temporal UI."),
    WaitKind.ENDED: N_("Ended: {outcome} ({reason})"),
    WaitKind.MAIL: N_("Waiting to send step {number} of {cadence} on {when}"),
    WaitKind.CADENCE_TASK: N_("Waiting to open the task of step {number} of {cadence} on {when}"),
    WaitKind.BRANCH: N_("Waiting to decide on {when} how {cadence} goes on"),
    WaitKind.CADENCE_END: N_("Waiting for an answer until {cadence} ends on {when}"),
    WaitKind.CALL: N_("Waiting to call, attempt {attempt} of {attempts}, on {when}"),
    WaitKind.CALL_BACK: N_("Waiting to call back on {when}, as the lead asked"),
    WaitKind.PERSON: N_("Waiting for {who}: {kind}, due {when}"),
    WaitKind.MEETING: N_("Waiting for the meeting on {when}"),
    WaitKind.RECYCLED: N_("Recycled for {reason} until {when}, then {cadence}"),
    WaitKind.CUSTOMER_DATE: N_("Waiting to open the {kind} task of {day} on {when}"),
    WaitKind.NO_CUSTOMER_DATE: N_("A customer with no date ahead"),
    WaitKind.OPPORTUNITY: N_("Waiting for the outcome of the opportunity"),
}
_AGAIN = N_("Waiting for {who}: {kind}, attempt {attempt}, due {when}")


def said_of(wait: Wait) -> Sentence:
    """What is waited for, with codes and times (aware) in the places of the sentence."""
    what = _what(wait)
    match wait.because:
        case Obstacle.DO_NOT_MARKET:
            return sentence("{what}, because sales keeps the account out of marketing", what=what)
        case Obstacle.AWAY:
            return sentence("{what}, because this lead is away until then", what=what)
        case Obstacle.RECIPIENT:
            return sentence(
                "{what}, because the recipient's server takes no mail for now", what=what
            )
        case Obstacle.SENDER:
            return sentence("{what}, because sending is paused: our mail is refused", what=what)
        case Obstacle.LIMIT:
            return sentence("{what}, because a limit on sending is reached until then", what=what)
        case Obstacle.SENDER_STOPPED:
            return sentence(
                "{what}, because too much mail of this sender bounces or is called spam", what=what
            )
        case Obstacle.CAPPED if wait.facts.get("times") == 1:
            return sentence(
                "{what}, because this lead has had its mail of the {per}",
                what=what,
                per=wait.facts["per"],
            )
        case Obstacle.CAPPED:
            return sentence(
                "{what}, because this lead has had its {times} mails of the {per}",
                what=what,
                times=wait.facts["times"],
                per=wait.facts["per"],
            )
        case Obstacle.CADENCE_PAUSED:
            return sentence(
                "Waiting at step {number} of {cadence} until the cadence is resumed", **wait.facts
            )
        case Obstacle.HOURS_NEVER_MEET:
            return sentence(
                "{what}; the team's hours never meet the lead's, so the lead's decide", what=what
            )
    return what


def _what(wait: Wait) -> Sentence:
    when: Value = datetime.fromisoformat(wait.at) if wait.at else sentence("a time nobody knows")
    values: dict[str, Value] = dict(wait.facts)
    if why := values.get("why"):
        when = sentence("{when} ({why})", when=when, why=why)
    pattern = _WAITS[WaitKind(wait.kind)]
    match wait.kind:
        case WaitKind.PERSON:
            # Who has the task is known where the database is read (store/views/journey_waits.py).
            values["who"] = values.get("who") or sentence("anyone")
            pattern = pattern if values["attempt"] == 1 else _AGAIN
        case WaitKind.RECYCLED:
            values["cadence"] = values.get("cadence") or sentence("nurture")
        case WaitKind.CUSTOMER_DATE:
            values["day"] = date.fromisoformat(str(values["day"]))
    return Sentence(pattern, values | {"when": when})
