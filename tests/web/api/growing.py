"""How each list of the API grows, for tests that read them page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from cli.cadence import publish_files
from domain.access import Role
from domain.segments.policy import Segment, SegmentsPolicy
from settings import ROOT
from store.access.api_tokens import create_token
from store.access.users import add_user
from store.access.write_keys import create_write_key
from store.published.policies import publish_policy
from store.segments.membership import publish_segments
from tests.support.workflow_world import CADENCES
from tests.web.api.conftest import Api

THEN = datetime(2026, 5, 4, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
Numbers = Iterable[int]
Grow = Callable[[Api, Numbers], object]


@dataclass(frozen=True)
class Growing:
    """A list: how it gets rows of these numbers, and the fields that tell one of its rows."""

    grow: Grow
    key: tuple[str, ...] = ("id",)
    signed_in: bool = False
    """Whether it is a user's own and a token has none."""


def rows(statement: str, **values: Callable[[int], Any]) -> Grow:
    """Grows a table by a statement; ``:n`` is the number, ``:at`` a time that others have too."""

    def grow(api: Api, numbers: Numbers) -> None:
        made = [
            {"n": n, "at": THEN + n % 3 * HOUR} | {name: of(n) for name, of in values.items()}
            for n in numbers
        ]
        with api.database.begin() as connection:
            connection.execute(text(statement), made)

    return grow


def _leads(which: str, **same: Any) -> Grow:
    def grow(api: Api, numbers: Numbers) -> None:
        for n in numbers:
            own = {name: of(n) if callable(of) else of for name, of in same.items()}
            api.lead(f"{which}-{n}@acme.example", **own)

    return grow


def _tasks(api: Api, numbers: Numbers) -> None:
    for n in numbers:
        due_at = THEN + n % 3 * HOUR
        api.task(THE_LEAD, "rep-1", hot=n % 2 == 0, due_at=due_at, key=f"call:{n}")


def _pairs(api: Api, numbers: Numbers) -> None:
    for n in numbers:
        for one in "ab":
            api.lead(f"{one}{n}@twice.example", phone=f"+4930{n:08}")


def _strangers(api: Api, numbers: Numbers) -> None:
    for n in numbers:
        api.lead(f"someone@firm-{n}.example")


def _reps(api: Api, numbers: Numbers) -> None:
    more = [
        f"  - {{code: rep-0{n}, name: Rep {n}, email: r{n}@lindenmoor.example, team: asia}}"
        for n in numbers
    ]
    team = api.settings.perennial_home / "team.yaml"
    so_far = team.read_text(encoding="utf-8").rstrip()
    team.write_text("\n".join([so_far, *more, ""]), encoding="utf-8")
    publish_files(api.database, CADENCES, ROOT / "templates", [team])


def _tokens(api: Api, numbers: Numbers) -> None:
    with api.database.begin() as connection:
        for n in numbers:
            create_token(connection, f"program {n}", Role.OPS)


def _write_keys(api: Api, numbers: Numbers) -> None:
    with api.database.begin() as connection:
        for n in numbers:
            create_write_key(connection, f"site {n}", "", "browser")


def _users(api: Api, numbers: Numbers) -> None:
    with api.database.begin() as connection:
        for n in numbers:
            add_user(connection, f"Person.{n}@lindenmoor.example", f"Person {n}", Role.OPS)


def _segments(api: Api, numbers: Numbers) -> None:
    with api.database.begin() as connection:
        names = set(connection.scalars(text("SELECT name FROM segment")))
        names |= {"1", *(f"segment-{n}" for n in numbers)}
        policy = SegmentsPolicy(
            policy="segments",
            segments=tuple(Segment(name=n, title=n, when="cycle > 1") for n in sorted(names)),
        )
        publish_policy(connection, repr(sorted(names)), policy)
        publish_segments(connection, policy)


def _members(api: Api, numbers: Numbers) -> None:
    for n in numbers:
        lead = api.lead(f"member-{n}@acme.example")
        api.value(
            "INSERT INTO segment_member (segment_id, lead_id, since) SELECT id, :lead, now() "
            "FROM segment WHERE name = '1' RETURNING lead_id",
            lead=lead,
        )


def _forms(api: Api, numbers: Numbers) -> None:
    forms = "".join(
        f"  - name: form-{n}\n    title: {{en: Form}}\n"
        "    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]\n"
        for n in numbers
    )
    home = api.settings.perennial_home / "forms.yaml"
    so_far = home.read_text(encoding="utf-8") if home.exists() else "policy: forms\nforms:\n"
    home.write_text(so_far + forms, encoding="utf-8")
    publish_files(api.database, CADENCES, ROOT / "templates", [home])


THE_LEAD, THE_ACCOUNT = 1, 1
_SAME = "FROM {0}_version WHERE id = (SELECT min(id) FROM {0}_version)"
_HISTORY = rows(
    """
    WITH at_once AS (
        INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
        VALUES (1, 'run-' || :n, 'known', 'engaged', 'Recycle', 'lost', :n + 1, :at)
    ), said AS (
        INSERT INTO lead_feedback (lead_id, cycle, verdict, reason, by, at)
        VALUES (1, :n + 1, 'returned', 'lost', 'rep-1', :at)
    ), claimed AS (
        INSERT INTO lead_claim (lead_id, field, value, write_key_id, at)
        SELECT 1, 'attributes.a' || :n, 'x', min(id), :at FROM write_key
    ), sent AS (
        INSERT INTO touch (key, lead_id, step, channel, state, planned_at, sent_at)
        VALUES ('touch-' || :n, 1, 'step ' || :n, 'outbox', 'sent', :at, :at)
    )
    INSERT INTO engagement (key, lead_id, kind, name, at)
    VALUES ('page-' || :n, 1, 'page', 'page ' || :n, :at)
    """
)
LISTS: dict[str, Growing] = {
    "/users": Growing(_users),
    "/tokens": Growing(_tokens, ("name",)),
    "/write-keys": Growing(_write_keys, ("name",)),
    "/images": Growing(
        rows(
            "INSERT INTO image (name, kind, width, height, size, content, alt, file_name, "
            "uploaded_by) VALUES (lpad('' || :n, 64, '0') || '.png', 'png', 1, 1, 1, 'x', 'x', "
            "'x.png', 'eve')"
        )
    ),
    "/leads": Growing(_leads("owned", owner="rep-1")),
    "/duplicates": Growing(_pairs, ("key",)),
    "/account-matches": Growing(_strangers, ("domain",)),
    "/leads/1/history": Growing(_HISTORY, ("at", "what", "detail")),
    "/leads/1/assignments": Growing(
        rows(
            "INSERT INTO assignment (lead_id, owner, cause, rule, at) "
            "VALUES (1, 'rep-' || :n, 'routed', 'rule', :at)"
        )
    ),
    "/leads/1/dossier/mails": Growing(_HISTORY, ("touch_id",)),
    "/leads/1/dossier/cycles": Growing(_HISTORY, ("cycle",)),
    "/leads/1/dossier/feedback": Growing(_HISTORY),
    "/leads/1/notes": Growing(
        rows(
            "INSERT INTO lead_note (lead_id, kind, text, by, at, written_at) "
            "VALUES (1, 'note', 'note ' || :n, 'rep-1', :at, :at)"
        )
    ),
    "/tasks": Growing(_tasks),
    "/meetings": Growing(
        rows("INSERT INTO meeting (lead_id, starts_at, state, attempt) VALUES (1, :at, 'held', :n)")
    ),
    "/opportunities": Growing(
        rows("INSERT INTO opportunity (key, lead_id, opened_at) VALUES ('sale-' || :n, 1, :at)")
    ),
    "/opportunities/1/changes": Growing(
        rows(
            """
            WITH sale AS (
                INSERT INTO opportunity (id, key, lead_id, opened_at)
                OVERRIDING SYSTEM VALUE VALUES (1, 'the sale', 1, :at) ON CONFLICT DO NOTHING
            )
            INSERT INTO opportunity_change (opportunity_id, amount, currency, by, at)
            VALUES (1, :n, 'EUR', 'rep-1', :at)
            """
        )
    ),
    "/spend": Growing(
        rows(
            "INSERT INTO spend (source, span, day, amount, currency, by, at) "
            "VALUES ('source ' || :n, 'day', '2026-05-04', 1, 'EUR', 'ops', :at)"
        )
    ),
    "/exchange-rates": Growing(
        rows(
            "INSERT INTO exchange_rate (currency, into_currency, day, rate, by, at) "
            "VALUES ('EUR', 'USD', cast(:on AS date), 1.1, 'ops', :at)",
            on=lambda n: THEN + timedelta(days=n),
        ),
        ("currency", "day"),
    ),
    "/restatements": Growing(
        rows(
            "INSERT INTO restatement (kind, of, before, after, by, at) "
            "VALUES ('spend', 'source ' || :n, '1', '2', 'ops', :at)"
        )
    ),
    "/segments": Growing(_segments, ("name",)),
    "/segments/1/members": Growing(_members),
    "/recycle": Growing(
        _leads(
            "recycled",
            phase="Recycle",
            stage="recycled",
            phase_reason="lost",
            recycled_until=lambda n: THEN + n % 3 * HOUR if n % 4 else None,
        )
    ),
    "/recycle/forecast": Growing(
        _leads(
            "back",
            phase="Recycle",
            stage="recycled",
            phase_reason="later",
            recycled_until=lambda n: datetime.now(UTC) + timedelta(weeks=1 + n),
        ),
        ("monday",),
    ),
    "/accounts": Growing(lambda api, numbers: [api.account(f"Company {n}") for n in numbers]),
    "/accounts/1/leads": Growing(_leads("colleague", account_id=THE_ACCOUNT)),
    "/accounts/1/scheduled": Growing(
        rows(
            """
            INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, step,
                due_at)
            SELECT 'enrolled-' || :n, 1, min(id), 1, :at, 'one', :due FROM cadence_version
            """,
            due=lambda n: THEN + n % 3 * HOUR if n % 4 else None,
        ),
        ("enrollment_id",),
    ),
    "/team": Growing(_reps, ("code",)),
    "/team/unassigned": Growing(
        _leads("waiting", owner="", phase_since=lambda n: THEN + n % 3 * HOUR),
        ("lead_id",),
    ),
    "/team/alerts": Growing(
        rows(
            "INSERT INTO alert (key, kind, lead_id, raised_at, due_at) "
            "VALUES ('alert-' || :n, 'stalled', 1, :at, :at)"
        )
    ),
    "/sla/kept": Growing(
        rows(
            "INSERT INTO sla_clock (key, promise, lead_id, owner, state, started_at, due_at) "
            "VALUES ('clock-' || :n, 'accept', 1, 'rep-' || :n, 'met', now(), now())"
        ),
        ("team", "owner", "promise"),
    ),
    "/cadences": Growing(
        rows(
            "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
            "SELECT 'cadence-' || :n, 1, digest, source, definition, templates "
            + _SAME.format("cadence")
        ),
        ("name",),
    ),
    "/enrollments": Growing(
        rows(
            "INSERT INTO enrollment_run (cadence, selected, replaces, by, at) "
            "VALUES ('cadence-' || :n, 1, false, 'marketing', :at)"
        )
    ),
    "/enrollments/1/leads": Growing(
        rows(
            """
            WITH run AS (
                INSERT INTO enrollment_run (id, cadence, selected, replaces, by, at)
                OVERRIDING SYSTEM VALUE VALUES (1, 'the cadence', 1, false, 'marketing', :at)
                ON CONFLICT DO NOTHING
            ), chosen AS (
                INSERT INTO lead (email, email_key)
                VALUES ('chosen-' || :n || '@acme.example', 'chosen-' || :n || '@acme.example')
                RETURNING id
            )
            INSERT INTO enrollment_run_lead (run_id, lead_id, state) SELECT 1, id, 'waiting'
            FROM chosen
            """
        ),
        ("lead_id",),
    ),
    "/policies": Growing(
        rows(
            "INSERT INTO policy_version (name, version, digest, source, definition) "
            "SELECT 'policy-' || :n, 1, digest, source, definition " + _SAME.format("policy")
        ),
        ("name",),
    ),
    "/templates": Growing(
        rows(
            "INSERT INTO template_version (name, language, digest, source, compiled) "
            "SELECT 'mail-' || :n, language, digest, source, compiled " + _SAME.format("template")
        ),
        ("name",),
    ),
    "/forms": Growing(_forms, ("name",)),
    "/forms/1/submissions": Growing(
        rows(
            "INSERT INTO form_submission (form, key, state, email_key, language, answers, facts, "
            "detail, visitor, at) VALUES ('1', 'page-' || :n, 'taken', 'a@b.example', "
            "'en', '{}', '{}', '{}', 'v', :at)"
        )
    ),
    "/received": Growing(
        rows(
            "INSERT INTO inbound_message (message_id, kind, sender, subject, text, received_at, "
            "tray) VALUES ('received-' || :n, 'unclear', '', '', '', :at, 'unclear')"
        )
    ),
    "/suppressions": Growing(
        rows(
            "INSERT INTO suppression (email_key, reason, at) "
            "VALUES ('no-' || :n || '@acme.example', 'manual', :at)"
        ),
        ("address",),
    ),
    "/webhooks/endpoints": Growing(
        rows(
            "INSERT INTO webhook_endpoint (url, secret, events) "
            "VALUES ('https://hooks.example/' || :n, 'whsec_x', '[]')"
        )
    ),
    "/webhooks/deliveries": Growing(
        rows(
            "INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, payload) "
            "SELECT min(id), 'event-' || :n, 'lead.erased', '{}' FROM webhook_endpoint"
        )
    ),
    "/changes": Growing(
        rows("INSERT INTO api_change (by, method, path) VALUES ('x', 'POST', '/api/tasks/' || :n)")
    ),
    "/mails": Growing(
        rows(
            "INSERT INTO outbox_message (touch_key, message_id, recipient, recipient_key, subject, "
            "raw, sent_at) VALUES ('mail-' || :n, 'mail-' || :n, 'a', 'a', 's', 'x', :at)"
        )
    ),
    "/mails/follow": Growing(
        rows(
            "INSERT INTO outbox_message (touch_key, message_id, recipient, recipient_key, subject, "
            "raw, sent_at) VALUES ('next-' || :n, 'next-' || :n, 'a', 'a', 's', 'x', :at)"
        )
    ),
    "/imports": Growing(
        rows(
            "INSERT INTO import_run (file_name, source, cadence, rows, created, updated, rejected) "
            "VALUES (:n || '.csv', 'a', '', 1, 1, 0, 0)"
        )
    ),
    "/erasures": Growing(
        rows("INSERT INTO erasure (at, by, counts, lead_ref) VALUES (:at, 'x', '{}', 'r' || :n)")
    ),
    "/me/notifications": Growing(
        rows(
            """
            INSERT INTO notification (user_id, key, kind, raised_at)
            SELECT id, 'told-' || :n, 'hot_lead', :at
            FROM console_user WHERE role = 'admin' AND email LIKE 'admin@%'
            """
        ),
        signed_in=True,
    ),
    "/views": Growing(
        rows(
            "INSERT INTO saved_view (user_id, page, name, query, shared, team) "
            "SELECT id, '/leads', 'view ' || :n, '', false, '' FROM console_user "
            "WHERE role = 'admin' AND email LIKE 'admin@%'"
        ),
        signed_in=True,
    ),
    "/me/sessions": Growing(
        rows(
            """
            INSERT INTO console_session (token_hash, user_id, way, created_at, last_seen_at,
                expires_at)
            SELECT 'hash-' || :n, id, 'password', now(), date_trunc('hour', now()),
                now() + interval '1 day'
            FROM console_user WHERE role = 'admin' AND email LIKE 'admin@%'
            """
        ),
        signed_in=True,
    ),
}
"""Path of a list, of the lead 1 and the account 1 where it is theirs → how it grows."""
