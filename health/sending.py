"""Whether mail goes out, or is paused because it is refused for a reason of ours."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.sending.guard import SenderState
from domain.sentences import Sentence, sentence
from health.checks import Check, State
from settings import Clock
from store import health
from store.health import Probe


def sending(name: str, title: Sentence, probe: Probe, clock: Clock) -> Check:
    """Whether a channel's circuit breaker is open (``store.mail.sending``)."""
    pauses = probe.ask(health.PAUSES)
    if not pauses:
        return Check(name, title, State.OK, sentence("mail goes out"), figures={"paused": []})
    first = pauses[0]
    passed = clock.journey_time(datetime.now(UTC)) - first["opened_at"]
    said = sentence(
        "paused for {minutes} min, mails let through to try: {probes}",
        minutes=f"{clock.real_seconds(passed.total_seconds()) / 60:,.0f}",
        probes=first["probes"],
    )
    advice = _why_paused(first["reason"], first["detail"])
    figures = {"paused": [dict(row, opened_at=row["opened_at"].isoformat()) for row in pauses]}
    return Check(name, title, State.BAD, said, advice, figures)


def senders(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    """Whether a sending domain is slowed down or stopped (``store.mail.sender_standing``)."""
    rows = probe.ask(health.SENDERS)
    figures = {"senders": {row["domain"]: row["state"] for row in rows}}
    if not rows:
        return Check(name, title, State.OK, sentence("all send as usual"), figures=figures)
    listed = ", ".join(row["domain"] for row in rows)
    if all(row["state"] == SenderState.SLOWED for row in rows):
        advice = sentence(
            "Too much mail from {domains} bounces or is called spam, so it is slowed down: clean "
            "up the lists that it goes to. See the page *Deliverability guard*.",
            domains=listed,
        )
        return Check(name, title, State.WARN, sentence("slowed down"), advice, figures)
    advice = sentence(
        "Marketing's mail from {domains} waits or goes as the company's, because too much of it "
        "bounces, is called spam or is refused. Mend that, then let it go on: on the page "
        "*Deliverability guard*, or `python starter.py sending resume-sender DOMAIN`.",
        domains=listed,
    )
    return Check(name, title, State.BAD, sentence("stopped"), advice, figures)


def _why_paused(reason: str, detail: str) -> Sentence:
    if reason == "set_up":
        return sentence(
            "No mail goes out: {detail} Nobody's cadence is used up. One mail is let through now "
            "and then; once it goes, the others follow. `python starter.py sending resume` saves "
            "the wait when it is fixed.",
            detail=detail,
        )
    if reason == "reputation":
        return sentence(
            "No mail goes out: servers refuse us, not the recipients ({detail}). See whether we "
            "are on a block list, SPF, DKIM and DMARC, and the login at the e-mail provider. "
            "Nobody's cadence is used up. One mail is let through now and then; once it goes, the "
            "others follow. `python starter.py sending resume` saves the wait when it is fixed.",
            detail=detail,
        )
    return sentence(
        "No mail goes out: the e-mail provider refuses every one ({detail}). Nobody's cadence is "
        "used up. One mail is let through now and then; once it goes, the others follow. `python "
        "starter.py sending resume` saves the wait when it is fixed.",
        detail=detail,
    )
