"""What a call leads to: the next attempt, another call that does not count, or the end of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from domain.contracts.tasks import Disposition, TaskKind, Undone
from domain.sales.follow_up import NO_RESPONSE, CallRules, FollowUpPolicy
from domain.time.spans import ClockSpan

NO_GAP = ClockSpan(None)
REOPENED_AT_MOST = 10
"""How often a call that the lead asked for is put on the list anew when nobody makes it."""
REACHED = (Disposition.CONNECTED, Disposition.MEANINGFUL)

Kind = Literal["call", "recycle", "disqualify"]


@dataclass(frozen=True)
class Next:
    """What follows: a call after ``gap``, or the way out for ``reason``.

    ``attempt`` is the number of the attempt the call belongs to, from 1; ``again`` how many calls
    in a row before it did not count; ``owed`` whether it is the call that the lead asked for.
    """

    kind: Kind
    attempt: int
    again: int = 0
    gap: ClockSpan = NO_GAP
    reason: str = ""
    owed: bool = False


def first_call(rules: CallRules) -> Next:
    """The first attempt."""
    return Next("call", 1, gap=rules.gaps[0])


def what_follows(
    rules: CallRules,
    disposition: Disposition | Undone,
    attempt: int,
    again: int = 0,
    *,
    owed: bool = False,
) -> Next:
    """What follows a call of attempt ``attempt`` that ended with ``disposition``.

    Args:
        again: how many calls in a row before it did not count.
        owed: the lead asked to be called at a time, and that call has not been made.
    """
    if disposition == Disposition.CALL_BACK:
        return Next("call", attempt, owed=True)
    rule = rules.rule(Undone.EXPIRED if isinstance(disposition, Undone) else disposition)
    if rule.to != "next_attempt":
        return Next(rule.to, attempt, reason=rule.reason or disposition)
    if owed:
        made = isinstance(disposition, Disposition)
        if made or again < REOPENED_AT_MOST:
            number = min(attempt + rule.counts, rules.attempts) if made else attempt
            return Next("call", number, 0 if made else again + 1, owed=True)
    if again < rule.uncounted and rule.again_in:
        return Next("call", attempt, again + 1, rule.again_in)
    if attempt >= rules.attempts:
        return Next("recycle", attempt, reason=NO_RESPONSE)
    gap = rule.again_in if rule.counts and rule.again_in else rules.gaps[attempt]
    return Next("call", attempt + 1, gap=gap)


@dataclass(frozen=True)
class NextAction:
    """What a disposition leads to: a code for programs, a sentence for people.

    Codes: ``next_attempt``, ``call_again``, ``call_back``, ``exhausted``, ``meeting``, ``return``,
    ``recycle``, ``disqualify``. The other fields say what the sentence says, where it does: the
    ``attempt`` of ``attempts`` after ``gap``, the ``reason`` of a way out, the template of a
    ``mail`` that goes at once.
    """

    code: str
    sentence: str
    attempt: int = 0
    attempts: int = 0
    gap: ClockSpan = NO_GAP
    reason: str = ""
    mail: str = ""


def next_action(
    policy: FollowUpPolicy,
    kind: TaskKind,
    disposition: Disposition,
    attempt: int,
    *,
    outbound: bool = False,
) -> NextAction | None:
    """What a disposition of a task of ``kind`` (``qualify`` or ``call``) would lead to, to be
    shown before it is given; None for other kinds.

    Args:
        attempt: the task's attempt, from 1.
        outbound: sales chose the lead itself.
    """
    rules = policy.calls(outbound)
    if kind == TaskKind.QUALIFY:
        return _after_qualify(policy, rules, disposition)
    if kind != TaskKind.CALL:
        return None
    if disposition == Disposition.MEETING_BOOKED:
        return NextAction("meeting", "On to the appointment.")
    action = _action(rules, disposition, attempt)
    if template := rules.mail_after(disposition, attempt):
        sentence = f"{action.sentence} The mail {template} goes out now, if consent allows."
        return replace(action, sentence=sentence, mail=template)
    return action


def _after_qualify(
    policy: FollowUpPolicy, rules: CallRules, disposition: Disposition
) -> NextAction | None:
    if disposition == Disposition.ACCEPT:
        return _call(rules, first_call(rules), "next_attempt")
    if disposition != Disposition.RETURN:
        return None
    ways = {"recycle": "back to marketing", "disqualify": "out for good"}
    reasons = ", ".join(f"{code} ({ways[one.to]})" for code, one in policy.returns.items())
    return NextAction("return", f"The lead leaves as its reason says: {reasons}.")


def _action(rules: CallRules, disposition: Disposition, attempt: int) -> NextAction:
    following = what_follows(rules, disposition, attempt)
    if following.kind == "disqualify":
        return NextAction(
            "disqualify",
            f"The lead is out for good: {following.reason}.",
            reason=following.reason,
        )
    if following.kind == "recycle":
        if following.reason == NO_RESPONSE:
            return NextAction(
                "exhausted", f"No attempt is left: back to marketing with {NO_RESPONSE}."
            )
        return NextAction(
            "recycle",
            f"The lead goes back to marketing: {following.reason}.",
            reason=following.reason,
        )
    if following.owed:
        return NextAction(
            "call_back", "A call at the time the lead asked for; it counts as no attempt."
        )
    return _call(rules, following, "call_again" if following.again else "next_attempt")


def _call(rules: CallRules, following: Next, code: str) -> NextAction:
    if code == "call_again":
        return NextAction(
            code,
            f"Another call {following.gap} later; this one counts as no attempt.",
            gap=following.gap,
        )
    part = ", at another time of day" if rules.spread and following.attempt > 1 else ""
    return NextAction(
        code,
        f"Call attempt {following.attempt} of {rules.attempts}, {following.gap} later{part}.",
        following.attempt,
        rules.attempts,
        following.gap,
    )
