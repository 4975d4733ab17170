"""Whether mail goes out, or is paused because it is refused for a reason of ours."""

from __future__ import annotations

from datetime import UTC, datetime

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
