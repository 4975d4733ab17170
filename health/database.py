"""Checks that ask PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2

from domain.sentences import Sentence, sentence
from health.checks import Check, State, unknown
from health.sending import senders, sending
from settings import Clock
from store import health, migrate
from store.health import Overdue, Probe

PROBE_SECONDS = 4.0
WRITE_SECONDS = 2.0
LAG_WARN_SECONDS, LAG_BAD_SECONDS = 15.0, 60.0
CLOCK_SECONDS = 5.0
CONNECTIONS_SHARE = 0.8
FAILED_SHARE, UNKNOWN_SHARE = 0.2, 0.02
FEW_TOUCHES = 20
"""Below so many, a share says nothing."""
STUCK_SENDING = timedelta(minutes=10)
STUCK_SCORING = timedelta(hours=1)
RETRIED_OFTEN = 3

DATABASE = sentence("PostgreSQL")
CHECKED: dict[str, Sentence] = {
    "server": sentence("Database"),
    "sessions": sentence("Connections"),
    "relay": sentence("Relay"),
    "dispositions": sentence("Dispositions"),
    "tasks": sentence("Tasks"),
    "activities": sentence("Activities"),
    "sending": sentence("Sending"),
    "senders": sentence("Senders"),
    "touches": sentence("Mails"),
    "webhooks": sentence("Webhooks"),
    "jobs": sentence("Imports and scoring"),
}


def examine(database_url: str, shown: str, clock: Clock) -> list[Check]:
    """Everything that the database can tell; blocks, for a few seconds at most.

    Args:
        shown: where it is, without its password.
    """
    try:
        with Probe(database_url, PROBE_SECONDS) as probe:
            reached = [_reached(probe, shown), _schema(probe)]
            return reached + [
                _asked(name, title, _ASK[name], probe, clock) for name, title in CHECKED.items()
            ]
    except (psycopg2.Error, Overdue) as error:
        return [_away(error, shown)] + [unknown(name, title) for name, title in CHECKED.items()]


def takes_writes(database_url: str) -> str:
    """Why the database can't be read and written; '' when it can. Blocks for two seconds at
    most."""
    try:
        with Probe(database_url, WRITE_SECONDS) as probe:
            probe.do(health.WRITE)
    except Overdue:
        return "the database does not answer"
    except psycopg2.OperationalError:
        return "the database can't be reached"
    except psycopg2.Error as error:
        return f"the database takes no writes ({type(error).__name__})"
    return ""


def _away(error: Exception, shown: str) -> Check:
    reason = "no answer in time" if isinstance(error, Overdue) else _last_line(error)
    return Check(
        "database",
        DATABASE,
        State.BAD,
        sentence("not reachable"),
        sentence(
            "The database {place} cannot be reached ({error}): start it, or correct DATABASE_URL.",
            place=shown,
            error=reason,
        ),
    )


def _reached(probe: Probe, shown: str) -> Check:
    (row,) = probe.ask(health.VERSION)
    said = sentence("{version} at {place}", version=row["version"], place=shown)
    try:
        probe.do(health.WRITE)
    except psycopg2.errors.UndefinedTable:
        pass  # The schema check says what is missing.
    except psycopg2.Error as error:
        return Check(
            "database",
            DATABASE,
            State.BAD,
            said,
            sentence(
                "The database takes no writes ({error}): it is read-only, a standby, or its disk "
                "is full. Nothing that people enter can be kept until it does.",
                error=type(error).__name__,
            ),
        )
    return Check("database", DATABASE, State.OK, said)


def _schema(probe: Probe) -> Check:
    title = sentence("Schema")
    try:
        revision = next((row["revision"] for row in probe.ask(health.REVISION)), "none")
    except psycopg2.errors.UndefinedTable:
        revision = "none"
    if revision == migrate.expected_revision():
        return Check("schema", title, State.OK, revision)
    return Check(
        "schema",
        title,
        State.BAD,
        revision,
        sentence(
            "The database is at schema {there}, this code needs {needed}: run `python starter.py "
            "migrate`, or start the code that fits.",
            there=revision,
            needed=migrate.expected_revision(),
        ),
    )


def _asked(
    name: str, title: Sentence, ask: Callable[[str, Sentence, Probe, Clock], Check], *with_: Any
) -> Check:
    try:
        return ask(name, title, *with_)
    except psycopg2.Error as error:
        return unknown(name, title, error)


def _server(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    (row,) = probe.ask(health.SERVER)
    apart = abs((datetime.now(UTC) - row["now"]).total_seconds())
    said = sentence(
        "{size} GB, clocks {seconds} s apart", size=_gb(row["bytes"]), seconds=_s(apart)
    )
    figures = {"bytes": row["bytes"], "clock_seconds": round(apart, 1)}
    if apart < CLOCK_SECONDS:
        return Check(name, title, State.OK, said, figures=figures)
    return Check(
        name,
        title,
        State.WARN,
        said,
        sentence(
            "The clocks of this machine and of the database differ by {seconds} s: send windows, "
            "due times and signatures go by them. Set both by NTP.",
            seconds=_s(apart),
        ),
        figures,
    )


def _sessions(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    (row,) = probe.ask(health.SESSIONS)
    said = sentence("{used} of {allowed} in use", used=row["used"], allowed=row["allowed"])
    state, advice = State.OK, Sentence("", {})
    if row["used"] > CONNECTIONS_SHARE * row["allowed"]:
        state = State.WARN
        advice = sentence(
            "Nearly all connections are in use: start fewer workers or web apps, or raise "
            "max_connections."
        )
    if row["idle"] or row["blocked"]:
        state = State.WARN
        advice = sentence(
            "Sessions that wait for a lock for more than ten seconds: {blocked}; that hold a "
            "transaction open and do nothing: {idle}. See pg_stat_activity.",
            blocked=row["blocked"],
            idle=row["idle"],
        )
    return Check(name, title, state, said, advice, dict(row))


def _relay(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    kinds = probe.ask(health.RELAY)
    (gone,) = probe.ask(health.UNDELIVERABLE)
    waiting = sum(row["messages"] for row in kinds)
    oldest = max((row["oldest"] for row in kinds), default=0.0)
    figures = {
        "waiting": waiting,
        "oldest_seconds": round(oldest, 1),
        "undeliverable_today": gone["messages"],
        "kinds": {row["kind"]: dict(row, oldest=round(row["oldest"], 1)) for row in kinds},
    }
    said = (
        sentence(
            "waiting: {number}, the oldest for {seconds} s", number=waiting, seconds=_s(oldest)
        )
        if waiting
        else sentence("nothing waits")
    )
    if oldest <= LAG_WARN_SECONDS:
        return Check(name, title, State.OK, said, figures=figures)
    failing = [f"{row['kind']} ({row['error']})" for row in kinds if row["error"]]
    advice = (
        sentence(
            "What was entered is kept but does not reach its journeys. It fails with: {kinds}. See "
            "“Relay messages” in docs/operations.md.",
            kinds=", ".join(failing),
        )
        if failing
        else sentence(
            "What was entered is kept but does not reach its journeys: see whether workers run, "
            "and their logs; restart one that says nothing."
        )
    )
    state = State.BAD if oldest > LAG_BAD_SECONDS else State.WARN
    return Check(name, title, state, said, advice, figures)


def _dispositions(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    (row,) = probe.ask(health.NOT_TAKEN)
    if not row["tasks"]:
        return Check(name, title, State.OK, sentence("all taken"), figures={"not_taken": 0})
    return Check(
        name,
        title,
        State.WARN,
        sentence("not taken by their journeys: {number}", number=row["tasks"]),
        sentence(
            "Finished tasks that their journeys have not heard of, for up to {seconds} s: "
            "{number}. The answers are kept; see the relay and the workers.",
            number=row["tasks"],
            seconds=_s(row["oldest"]),
        ),
        {"not_taken": row["tasks"], "oldest_seconds": round(row["oldest"], 1)},
    )


def _tasks(name: str, title: Sentence, probe: Probe, clock: Clock) -> Check:
    rows = probe.ask(health.TASKS, now=clock.now())
    late = sum(row["late"] for row in rows)
    said = sentence("{open} open, {late} late", open=sum(row["open"] for row in rows), late=late)
    kinds = {row["kind"]: {"open": row["open"], "late": row["late"]} for row in rows}
    return Check(name, title, State.OK, said, figures={"kinds": kinds})


def _activities(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    rows = probe.ask(health.FAILING)
    if not rows:
        return Check(name, title, State.OK, sentence("none keeps failing"), figures={"failing": []})
    given_up = [row for row in rows if row["given_up"]]
    listed = ", ".join(
        f"{row['activity']}: {row['error']} ({row['workflow_id']})" for row in rows[:5]
    )
    said = sentence("kinds that keep failing: {number}", number=len(rows))
    figures = {"failing": [dict(row, first_at=row["first_at"].isoformat()) for row in rows]}
    if given_up:
        advice = sentence(
            "These activities fail, and trying again won't fix them: {listed}. See “An activity "
            "was given up” in docs/operations.md.",
            listed=listed,
        )
        return Check(name, title, State.BAD, said, advice, figures)
    return Check(
        name,
        title,
        State.WARN,
        said,
        sentence(
            "These activities fail again and again, and their journeys wait: {listed}. See “Find a "
            "stuck lead” in docs/operations.md.",
            listed=listed,
        ),
        figures,
    )


def _touches(name: str, title: Sentence, probe: Probe, clock: Clock) -> Check:
    now = datetime.now(UTC)

    def before(span: timedelta) -> datetime:
        return clock.journey_time(now - span)

    (counts,) = probe.ask(
        health.TOUCHES, hour=before(timedelta(hours=1)), day=before(timedelta(days=1))
    )
    (sending,) = probe.ask(health.SENDING, stuck=before(STUCK_SENDING))
    (latest,) = probe.ask(health.LATEST)
    stuck = sending["stuck"]
    figures = {**counts, "stuck": stuck, "latest": dict(latest)}
    said = sentence(
        "last hour: {failed} failed, {unknown} unknown",
        failed=counts["failed_hour"],
        unknown=counts["unknown_hour"],
    )
    many = latest["touches"] >= FEW_TOUCHES
    if stuck:
        advice = sentence(
            "Mails that are being sent for more than ten minutes: {number}. A worker died with "
            "them; see “Touches whose outcome is unknown” in docs/operations.md.",
            number=stuck,
        )
        return Check(name, title, State.WARN, said, advice, figures)
    if many and counts["failed_hour"] and latest["failed"] > FAILED_SHARE * latest["touches"]:
        advice = sentence(
            "{number} of the latest {touches} mails failed: look at `error` in the table touch, "
            "and at the account at the e-mail provider.",
            number=latest["failed"],
            touches=latest["touches"],
        )
        return Check(name, title, State.BAD, said, advice, figures)
    if counts["unknown_hour"] and (
        not many or latest["unknown"] > UNKNOWN_SHARE * latest["touches"]
    ):
        advice = sentence(
            "Mails of the last hour of which nobody can say whether they went out: {number}. They "
            "are not sent again; see “Touches whose outcome is unknown” in docs/operations.md.",
            number=counts["unknown_hour"],
        )
        return Check(name, title, State.WARN, said, advice, figures)
    return Check(name, title, State.OK, said, figures=figures)


def _webhooks(name: str, title: Sentence, probe: Probe, _clock: Clock) -> Check:
    (row,) = probe.ask(health.WEBHOOKS)
    said = sentence("last day: {failed} given up", failed=row["failed"])
    if not row["failed"] and row["retried"] < RETRIED_OFTEN:
        return Check(name, title, State.OK, said, figures=dict(row))
    return Check(
        name,
        title,
        State.WARN,
        said,
        sentence(
            "Other programs do not take our events ({failed} given up, {retried} tried again): "
            "`python starter.py webhooks log --failed` says which.",
            failed=row["failed"],
            retried=row["retried"],
        ),
        dict(row),
    )


def _jobs(name: str, title: Sentence, probe: Probe, clock: Clock) -> Check:
    (row,) = probe.ask(health.JOBS, stuck=clock.journey_time(datetime.now(UTC) - STUCK_SCORING))
    if not row["imports"] and not row["scoring"]:
        return Check(name, title, State.OK, sentence("none is stuck"), figures=dict(row))
    return Check(
        name,
        title,
        State.WARN,
        sentence("{number} stuck", number=row["imports"] + row["scoring"]),
        sentence(
            "Imports that were interrupted: {imports}; start them again on their page. Scoring "
            "runs under way for more than an hour: {scoring}; look for rescore-… in the Temporal "
            "UI.",
            imports=row["imports"],
            scoring=row["scoring"],
        ),
        dict(row),
    )


_ASK: dict[str, Callable[[str, Sentence, Probe, Clock], Check]] = {
    "server": _server,
    "sessions": _sessions,
    "relay": _relay,
    "dispositions": _dispositions,
    "tasks": _tasks,
    "activities": _activities,
    "sending": sending,
    "senders": senders,
    "touches": _touches,
    "webhooks": _webhooks,
    "jobs": _jobs,
}


def _gb(size: int) -> str:
    return f"{size / 1024**3:.1f}"


def _s(seconds: float) -> str:
    return f"{seconds:,.0f}"


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200].rstrip(".") if lines else "no reason given"
