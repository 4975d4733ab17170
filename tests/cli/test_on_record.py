"""What people change at the command line is on the audit record, as what they change elsewhere:
else who wants no trace of it opens a terminal."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from temporalio.client import Client

import starter
from cli import journeys
from cli.errors import UserError
from cli.stack import prepare_database
from domain.access import Role
from domain.email.images import clean_image
from domain.tasks.completion import Completion
from settings import Settings
from store.access.sessions import begin_session
from store.access.users import add_user
from store.matching import merging
from store.tasks import pending_dispositions
from temporal import steering
from tests.cli.terminal import command_names, outcome
from tests.support.opened_task import NOW, opened

OPERATOR = f"{pwd.getpwuid(os.getuid()).pw_name} at the command line"
APART = {"up", "demo", "migrate", "webhooks test"}
"""They make or fix the database that the record would be in, or wait for a worker."""
READS = """
    doctor; sla; dossier 1
    cadence lint; cadence list; cadence show welcome-nurture; cadence scoring
    cadence results welcome-nurture
    lead list; lead show 1; lead duplicates; account unmatched
    lead why 1; tasks list; tasks show 1; tasks mail 1 no_answer
    notify show ada@perennial.example
    meetings list; meetings show 1
    opportunity list; opportunity show 1; opportunity changes 1
    funnel; figures money; figures pipeline; figures forecast; figures speed; figures recycle
    image list
    figures leaks; figures cohorts; figures velocity
    figures scoring; figures content; figures win-loss
    figures deliverability; figures data-quality; figures days; figures anomalies
    spend list; spend restated; rates list
    recycle list; recycle forecast
    account list; account show Hafen; account scheduled Hafen
    team list; team unassigned; team alerts
    sending status; sending reputation; sending domains
    keys list; tokens list; users list; webhooks list; webhooks log
    cadence publish --preview; import leads.csv --dry-run
    cadence enrollments; segment list; segment show gone-quiet; segment members gone-quiet
    segment count "cycle > 1"; form list; form show demo-request; form submissions demo-request
"""
GIF = "GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
"""An image whose bytes are all ASCII."""
CHANGES = f"""
    import leads.csv; prospect 3 --owner rep-1; cadence import-bundle welcome.zip
    cadence enroll welcome-nurture --ids 2; cadence undo-enrollment 1
    form publish forms.yaml; form release 1
    image add logo.gif --alt Lindenmoor; image delete {clean_image(GIF.encode()).name}
    lead score 1 5; lead suppress 1; lead permit 1 --evidence "on the phone"
    lead play 1 2 --cadence welcome-nurture
    lead pause 1; lead resume 1; lead move 1 Recycle; lead stop 1
    lead add eve@hafen.example; lead correct 1 --title CTO; lead contact 1 --phone "+49 30 5550124"
    lead note 1 Rang; lead log-call 1 connected; lead log-mail 1 Prices
    lead todo 1 Ring --due "+2 days" --owner rep-1; lead mail 1 --subject Prices --text Here
    tasks snooze 6 "+1 hour"; tasks bring-back 6; tasks done 1 no_answer
    meetings book 3 --at "+2 days"; meetings reschedule 2 --at "+3 days"; meetings cancel 2
    opportunity open 3; opportunity value 1 --amount 48000
    spend import costs.csv; rates import rates.csv; rates set KRW 0.0006
    opportunity advance 1; opportunity won 2
    opportunity lost 3 --reason price; opportunity no-outcome 4
    recycle until 2 2027-12-01; recycle extend 2 --until 2028-01-10
    recycle return-to 2 welcome-nurture; recycle reactivate 2; recycle close-out 2
    account do-not-market Hafen --by rep-1 --reason "in talks" --for-good; account release Hafen
    account play Hafen welcome-nurture; account pause Hafen; account resume Hafen
    team presence rep-1 --away; team absence rep-1 --until "+2 days"; team absence rep-1 --end
    team profile rep-1 --phone "+49 30 55501234"; team calendar rep-1; team calendar rep-1 --end
    team busy-calendar rep-1 --url https://calendar.example/a.ics; team busy-calendar rep-1 --end
    team reassign 3 --to rep-2; tasks reassign 2 --to rep-1; team nudge 3; team alerts --put-away 1
    notify set ada@perennial.example --mail hot_lead; notify test ada@perennial.example mail
    notify chat ada@perennial.example --url https://hooks.slack.com/services/T/B/x
    sending resume; sending resume-sender hafen.example
    cadence pause mid-funnel; cadence resume mid-funnel
    cadence archive mid-funnel; cadence unarchive mid-funnel
    keys create website; keys revoke website
    tokens create crm --role ops; tokens revoke crm
    users add bo@perennial.example --name Bo --role ops
    users link bo@perennial.example; users invite bo@perennial.example
    users role bo@perennial.example marketing
    users disable bo@perennial.example; users enable bo@perennial.example
    users sign-out ada@perennial.example; users reset-second-factor ada@perennial.example
    users forget-company-account ada@perennial.example
    webhooks add https://crm.example/hook; webhooks resend 1
    webhooks remove https://crm.example/hook
    account match hafen.example --name Hafen
    lead not-duplicate 2 5; lead merge 2 5 --yes; lead undo-merge 1
    lead erase 3 --address cy@hafen.example
"""
EXPORTS = """
    account list --csv; lead list --stage known --csv; meetings list --csv; tasks list --csv
    sla --csv; team list --csv; recycle list --csv; opportunity list --csv; users list --csv
    opportunity changes 1 --csv; figures pipeline --csv; figures forecast --csv; spend list --csv
    spend restated --csv; rates list --csv
    funnel --csv; figures money --csv
    figures speed --csv; figures recycle --csv; figures leaks --csv; figures export warehouse
    figures deliverability --csv; figures data-quality --csv
    figures cohorts --csv; figures velocity --csv
    figures scoring --csv; figures content --csv; figures win-loss --csv
    figures days --csv; figures anomalies --csv
    cadence results welcome-nurture --csv; cadence export welcome-nurture --out welcome.zip
    history import past.csv
"""
"""Files that are taken out, and a history that is brought in, which changes :data:`FACTS` alone."""
FORMS = """
policy: forms
forms:
  - name: demo-request
    title: {en: See it}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
"""
FACTS = {"figures_due", "funnel_unit", "funnel_passage", "funnel_move"}
"""What figures are read from: made anew from the other tables by whoever asks."""
FILES = {
    "forms.yaml": FORMS,
    "logo.gif": GIF,
    "leads.csv": "email\ndi@hafen.example\n",
    "costs.csv": "source,campaign,month,amount,currency\nfair,spring,2026-05,900,EUR\n",
    "past.csv": "id,mql\nold-1,2025-11-03\n",
    "rates.csv": "currency,day,rate\nEUR,2026-01-01,1.1\n",
}
WORLD = """
    UPDATE lead SET account_id = 1, phase = 'Nurture', stage = 'known' WHERE id = 1;
    INSERT INTO meeting (lead_id, owner, starts_at, state)
        VALUES (1, 'rep-1', now() + interval '1 day', 'booked');
    INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at)
        VALUES ('a', 'stalled', 1, 'rep-1', now(), now());
    INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, probe_at)
        VALUES ('smtp', 'refused', '', true, now(), now());
    INSERT INTO sender_standing (domain, state, since) VALUES ('hafen.example', 'stopped', now());
    UPDATE policy_version SET source = replace(source, 'mid-funnel', 'welcome-nurture');
    INSERT INTO webhook_endpoint (url, secret, events) VALUES ('https://erp.example', 'x', '[]');
    INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, payload)
        VALUES (1, 'e', 'meeting.booked', '{}');
    INSERT INTO form_submission (form, key, state, email_key, language, answers, facts, detail,
            visitor, at)
        VALUES ('demo-request', 'k', 'spam', 'flo@hafen.example', 'en',
            '{"email": "flo@hafen.example"}',
            '{"email": "flo@hafen.example", "email_key": "flo@hafen.example"}', '{}', 'v', now());
"""
LEADS = """
    INSERT INTO account (name, name_key, domain) VALUES ('Hafen', 'hafen', 'hafen.example');
    INSERT INTO lead (email, email_key, owner, phase, phase_since, phase_reason, recycled_until,
            cycle, country) VALUES
        ('ada@hafen.example', 'ada@hafen.example', 'rep-1', 'Nurture', now(), 'new', NULL, 1, 'DE'),
        ('bo@hafen.example', 'bo@hafen.example', 'rep-1', 'Recycle', now(), 'lost',
            now() + interval '90 days', 1, 'DE'),
        ('cy@hafen.example', 'cy@hafen.example', 'rep-1', '', NULL, '', NULL, 1, 'DE');
"""


def command_lines(story: str) -> Iterator[list[str]]:
    """The arguments of each command of a story."""
    yield from (shlex.split(line) for line in re.split(r";|\n", story) if line.strip())


def name_of(arguments: list[str]) -> str:
    """The command that these are the arguments of."""
    names = command_names()
    return next(name for name in (" ".join(arguments[:2]), arguments[0]) if name in names)


def test_each_command_is_known_to_read_or_to_change() -> None:
    """A new command comes here, and with it the question whether it leaves a record."""
    run = {name_of(line) for line in command_lines(READS + EXPORTS + CHANGES)}

    assert run | APART == command_names()


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What journeys are told meanwhile; there is no Temporal."""
    told: list[str] = []

    async def reach(_settings: Settings, _address: str) -> None:
        return None

    async def order(_client: Client, lead_id: int, what: str) -> str:
        told.append(f"lead-{lead_id}: {what}")
        return "Nurture"

    monkeypatch.setattr(journeys, "reach_temporal", reach)
    # No relay ends the journey that a merge ended.
    monkeypatch.setattr(merging, "_why_not_undone", lambda *_asked: "")
    monkeypatch.setattr(steering, "order", order)
    monkeypatch.setattr(steering, "move", order)
    monkeypatch.setattr(steering, "state_of", reach)
    return told


def contents(connection: Connection) -> dict[str, str]:
    """A digest of each table, but for the audit record and what doctor tries to write to."""
    tables = connection.scalars(
        text(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_name NOT IN ('api_change', 'write_probe')"
        )
    )
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    return {name: connection.execute(text(digest.format(name))).scalar_one() for name in tables}


class Watch:
    """Looks at what a command changes, and at what it leaves on record."""

    def __init__(self, database: Engine, orders: list[str]) -> None:
        self._database = database
        self._orders = orders
        self.changed: list[str] = []
        self.records: list[dict[str, Any]] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        """Watch one command."""
        with self._database.connect() as connection:
            before, told = contents(connection), len(self._orders)
            last = connection.scalar(text("SELECT coalesce(max(id), 0) FROM api_change"))
        yield
        with self._database.connect() as connection:
            after = contents(connection)
            changed = [name for name in after if after[name] != before[name]]
            self.changed = [name for name in changed if name not in FACTS]
            self.changed += self._orders[told:]
            rows = connection.execute(
                text("SELECT * FROM api_change WHERE id > :last ORDER BY id"), {"last": last}
            )
            self.records = [dict(row._mapping) for row in rows]


def people(database: Engine) -> None:
    """The leads, and users of the console: Ada has a second factor and a company account."""
    with database.begin() as connection:
        connection.execute(text(LEADS))
        ada = add_user(connection, "ada@perennial.example", "Ada", Role.ADMIN)
        begin_session(connection, ada, datetime.now(UTC))
        connection.execute(
            text(
                "INSERT INTO second_factor (user_id, sealed_secret, last_step, created_at) "
                "VALUES (:ada, 'x', 0, now());"
                "UPDATE console_user SET oidc_subject = 'x' WHERE id = :ada"
            ),
            {"ada": ada},
        )


def work(database: Engine) -> None:
    """A task, four sales with theirs, and one of whatever else commands change."""
    with database.begin() as connection:
        connection.execute(text(WORLD))
        opened(connection, "call", ["no_answer", "connected"])
        for number in range(1, 5):
            connection.execute(
                text(
                    "INSERT INTO opportunity (key, lead_id, stage, stage_since, opened_at) "
                    "VALUES ('sale-' || :n, 1, 'discovery', now(), now())"
                ),
                {"n": number},
            )
            task = opened(
                connection, "opportunity", ["advanced", "won", "lost", "no_outcome"], number=number
            )
            connection.execute(
                text("UPDATE task SET opportunity_id = :n WHERE id = :task"),
                {"n": number, "task": task},
            )
        connection.execute(text("UPDATE task SET deadline_at = now() + interval '1 day'"))


def test_what_changes_something_leaves_a_record_and_nothing_else_does(
    database: Engine,
    orders: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text_of in FILES.items():
        (tmp_path / name).write_text(text_of, encoding="utf-8")
    watch = Watch(database, orders)
    people(database)
    with watch.one():
        # As `up` and `demo` do at the first start.
        prepare_database(database.url.render_as_string(hide_password=False))
    assert [one["path"] for one in watch.records] == ["/api/publications"]
    assert watch.records[0]["by"] == OPERATOR
    work(database)

    for changes, recorded, story in (
        (False, False, READS),
        (False, True, EXPORTS),
        (True, True, CHANGES),
    ):
        for arguments in command_lines(story):
            with watch.one():
                # There is no Temporal here, which doctor says with its exit code.
                exit_code = int(arguments == ["doctor"])
                result = outcome(starter.app, *arguments, exit_code=exit_code)
            assert bool(watch.changed) == changes, (arguments, watch.changed, result.output)
            assert bool(watch.records) == recorded, (arguments, watch.records)
            for record in watch.records:
                assert record["status"] == 200
                # What is chosen for a colleague says for whom.
                assert record["by"].partition(", for ")[0] == OPERATOR
                assert "@" not in record["by"]


def test_a_refusal_whose_note_is_kept_is_on_record_as_refused(database: Engine) -> None:
    """The note is in the lead's history: whose it is must be known."""
    people(database)
    outcome(starter.app, "cadence", "publish", "--yes")
    with database.begin() as connection:
        task = opened(connection, "call", ["no_answer"])
        pending_dispositions.complete_with_undo(
            connection, task, Completion(disposition="no_answer"), "rep-1", NOW, user_id=1
        )

    with pytest.raises(UserError, match="kept with the lead"):
        outcome(starter.app, "tasks", "done", str(task), "no_answer", "--note", "hm")

    with database.connect() as connection:
        last = connection.execute(text("SELECT path, status FROM api_change ORDER BY id DESC"))
        assert tuple(last.first() or ()) == (f"/api/tasks/{task}/complete", 409)
