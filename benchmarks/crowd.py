"""Any number of made-up leads in an empty database, written by PostgreSQL itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from cli.cadence import publish_files
from domain.access import Role
from settings import ROOT
from store.access.sessions import begin_session
from store.access.users import add_user
from store.bounded import allow_long_work

_TEAM = """\
policy: team
teams:
  - {{team: west, manager: boss-west}}
  - {{team: east, manager: boss-east}}
managers:
  - {{code: boss-west, name: Ines Moreau, email: ines@lindenmoor.example}}
  - {{code: boss-east, name: 한도윤, email: doyun@lindenmoor.example}}
reps:
{reps}
"""
_REP = "  - {{code: rep-{0}, name: Rep {0}, email: rep-{0}@lindenmoor.example, team: {1}}}"

# One lead in twenty is being called and has a task; most are with marketing or at rest.
_LEADS = """
    WITH names AS (
        SELECT ARRAY['Anna','Jonas','Mei','지우','Carlos','Elif','서연','Tomasz','Aoife','伟',
            'Nadia','Héctor','Yuki','Fergus','민준','Åsa','Omar','Grace','Luca','芳'] AS first,
        ARRAY['Lindqvist','Okafor','김','Bannerman','王','Moreau','Novák','박','Treviño','Sato',
            'Petrov','Hussain','이','Costa','Weiß','陈','Greaves','Oliveira','Yılmaz','Castellan',
            'Brandt','Marchand','Pryce','최','Ibáñez','Adeyemi','Öberg','Hartwig','정'] AS last
    ), counted AS (
        SELECT n, n % 100 AS kind, 'rep-' || (1 + (n / 20) % :reps) AS rep
        FROM generate_series(1, :leads) AS n
    )
    INSERT INTO lead (email, email_key, account_id, first_name, last_name, title, phone, country,
        language, time_zone, stage, phase, phase_reason, phase_since, cycle, owner, interest,
        interest_as_of, fit, recycled_until, created_at, updated_at)
    SELECT 'lead-' || n || '@firm-' || n % 997 || '.example',
        'lead-' || n || '@firm-' || n % 997 || '.example',
        1 + floor(power(random(), 2) * :accounts),
        first[1 + n * 7 % 20], last[1 + n * 11 % 29] || ' ' || n % 53,
        (ARRAY['Head of Service','Dispatcher','Owner','Operations Manager','Planner'])[1 + n % 5],
        '+4420' || 79460000 + n, (ARRAY['GB','DE','KR','US','CN','FR','JP','BR'])[1 + n % 8],
        'en', 'Europe/London', stage, phase, reason, now() - random() * interval '60 days', 1,
        CASE WHEN phase IN ('', 'Nurture') THEN '' ELSE rep END,
        CASE WHEN phase = 'Nurture' THEN random() * 25 ELSE random() * 120 END,
        now() - random() * interval '20 days', (ARRAY['A','B','C','C','D'])[1 + n % 5],
        CASE WHEN phase = 'Recycle' THEN now() + random() * interval '200 days' END,
        now() - interval '90 days', now() - random() * interval '30 days'
    FROM counted, names, LATERAL (
        SELECT CASE WHEN kind % 20 = 0 THEN 'FollowUp' WHEN kind = 1 THEN 'Meeting'
            WHEN kind = 2 THEN 'Opportunity' WHEN kind < 5 THEN 'Customer'
            WHEN kind < 20 THEN 'Recycle' WHEN kind < 24 THEN 'ended' WHEN kind >= 95 THEN ''
            ELSE 'Nurture' END AS phase
    ) AS stands, LATERAL (
        SELECT CASE phase WHEN 'FollowUp' THEN 'mql' WHEN 'Meeting' THEN 'sal'
            WHEN 'Opportunity' THEN 'opportunity' WHEN 'Customer' THEN 'customer'
            WHEN 'Recycle' THEN 'recycled' WHEN 'ended' THEN 'disqualified'
            ELSE CASE WHEN kind < 40 THEN 'engaged' ELSE 'known' END END AS stage,
        CASE phase WHEN 'Recycle'
            THEN (ARRAY['exhausted','no_response','too_early','lost'])[1 + n % 4]
            WHEN 'FollowUp' THEN 'score_reached' ELSE 'new' END AS reason
    ) AS why
"""
_REST = (
    """
    INSERT INTO account (name, name_key, owner)
    SELECT 'Firm ' || n || ' Field Service', 'firm ' || n || ' field service', ''
    FROM generate_series(1, :accounts) AS n
    """,
    _LEADS,
    """
    INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at, step, due_at)
    SELECT 'crowd-' || lead.id, lead.id, version.id, 1, now() - interval '20 days',
        'email-welcome-4-busy-season', now() + random() * interval '9 days'
    FROM lead, cadence_version AS version
    WHERE phase = 'Nurture' AND version.name = 'welcome-nurture'
    """,
    """
    INSERT INTO touch (key, lead_id, step, topic, channel, state, planned_at, sent_at, message_id)
    SELECT 'crowd-' || lead.id || ':' || n, lead.id, 'email-welcome-1-checklist', 'nurture',
        'outbox', 'sent', at, at, 'crowd-' || lead.id || '-' || n || '@lindenmoor.example'
    FROM lead, generate_series(1, 3) AS n, LATERAL (
        SELECT now() - n * interval '5 days' - random() * interval '3 days' AS at
    ) AS sent
    WHERE lead.id % 2 = 0
    """,
    """
    INSERT INTO outbox_message (touch_key, message_id, recipient, recipient_key, subject, raw,
        sent_at)
    SELECT key, message_id, email, email_key, 'A checklist for one page',
        convert_to(E'Subject: A checklist\\r\\n\\r\\n' || repeat('Useful. ', 800), 'UTF8'), sent_at
    FROM touch JOIN lead ON lead.id = lead_id WHERE phase = 'FollowUp'
    """,
    """
    INSERT INTO engagement (key, lead_id, touch_id, kind, rule, worth, points, at)
    SELECT 'crowd-' || touch.id || ':' || n, lead_id, touch.id,
        CASE WHEN n = 1 THEN 'open' ELSE 'click' END,
        CASE WHEN n = 1 THEN 'opened a mail' ELSE 'clicked in a mail' END, 1, 1,
        sent_at + n * interval '1 hour'
    FROM touch, generate_series(1, 2) AS n
    """,
    """
    INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, cycle, at)
    SELECT id, 'crowd-' || id || ':' || n, 'known', stage, phase, phase_reason, 1,
        now() - (3 - n) * interval '9 days'
    FROM lead, generate_series(1, 2) AS n WHERE phase <> ''
    """,
    """
    INSERT INTO task (key, lead_id, kind, title, instructions, dispositions, attempt, owner, hot,
        state, opened_at, due_in, due_at, deadline_at, workflow_id, run_id)
    SELECT 'crowd-' || id, id, 'call', 'Call, attempt 2 of 6', 'Aim for an appointment.',
        '["meeting_booked", "connected", "meaningful", "call_back", "left_voicemail",
          "no_answer", "busy", "wrong_number", "not_interested", "unqualified"]',
        2, owner, id % 400 = 0, 'open', now() - interval '2 hours', '',
        now() + (random() - 0.1) * interval '2 days', now() + interval '9 days', 'lead-' || id, ''
    FROM lead WHERE phase = 'FollowUp' AND id <= 20 * :tasks
    """,
    """
    INSERT INTO sla_clock (key, promise, lead_id, owner, team, state, started_at, due_at)
    SELECT 'crowd-' || lead_id, 'first_week', lead_id, owner, 'west', 'running', opened_at, due_at
    FROM task
    """,
    """
    INSERT INTO assignment (lead_id, owner, cause, rule, at)
    SELECT id, owner, 'routed', 'everybody', phase_since FROM lead WHERE phase = 'FollowUp'
    """,
    """
    INSERT INTO meeting (lead_id, owner, starts_at, state)
    SELECT id, owner, now() + random() * interval '9 days', 'booked'
    FROM lead WHERE phase = 'Meeting'
    """,
    """
    INSERT INTO opportunity (key, lead_id, account_id, owner, stage, stage_since, opened_at)
    SELECT 'crowd-' || id, id, account_id, owner, 'proposal', phase_since, phase_since
    FROM lead WHERE phase = 'Opportunity'
    """,
    """
    INSERT INTO opportunity (key, lead_id, account_id, owner, stage, opened_at, outcome, closed_at)
    SELECT 'crowd-' || id, id, account_id, owner, 'proposal', created_at, 'won', phase_since
    FROM lead WHERE phase = 'Customer'
    """,
)


def gather(database: Engine, home: Path, leads: int, tasks: int, reps: int) -> None:
    """Publish what is shipped, with a team of so many ``reps``, and write the leads."""
    team_reps = [_REP.format(n, "west" if n % 2 else "east") for n in range(1, reps + 1)]
    team = home / "team.yaml"
    team.write_text(_TEAM.format(reps="\n".join(team_reps)), encoding="utf-8")
    shipped = (*(ROOT / "cadences").glob("*.yaml"), *(ROOT / "templates").glob("[!_]*.mjml"))
    files = [path for path in shipped if path.name not in ("team.yaml", "customer.yaml")]
    publish_files(database, ROOT / "cadences", ROOT / "templates", [*files, team])
    sizes = {"leads": leads, "tasks": tasks, "accounts": leads // 4 or 1, "reps": reps}
    with database.begin() as connection:
        allow_long_work(connection)
        for statement in _REST:
            connection.execute(text(statement), sizes)
    # Of a million leads it takes longer than a session of ours waits.
    patient = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with patient.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    patient.dispose()


def sign_in(database: Engine, role: Role, rep: str) -> str:
    """The session token of a new user."""
    with database.begin() as connection:
        email = f"{role}-{rep or 'none'}-{datetime.now(UTC).timestamp()}@lindenmoor.example"
        user = add_user(connection, email, f"{role} {rep}", role, rep)
        return begin_session(connection, user, datetime.now(UTC))
