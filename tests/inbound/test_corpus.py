"""The corpus: hundreds of mails, each with what it is and whose."""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from sqlalchemy import Connection, Engine, insert, text

from domain.inbound.headers import Values, read_headers
from domain.inbound.mail import FOR_PROGRAMS
from store.engine import engine
from store.mail.inbound import Inbound, receive_mail
from store.published.policies import publish_policy
from store.tables import Lead, Touch
from tests.inbound.corpus import CORPUS
from tests.inbound.corpus.entry import BEN, JANE, OURS, OURS_TO_BEN, Entry
from tests.support.scoring_policy import simple_scoring
from web.webhooks.inbound_mail import Form, read_mail

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
OF_PROGRAMS = ("out_of_office", "auto_reply", "bounce", "complaint", "meeting_answer")


def as_fields(entry: Entry) -> Form:
    """The same mail as SendGrid posts it when it takes it apart."""
    message = message_from_bytes(entry.raw, _class=EmailMessage, policy=policy.compat32)
    fields = {"headers": entry.raw.partition(b"\r\n\r\n")[0]}
    reports: list[tuple[str, bytes]] = []
    charsets = {"from": "UTF-8", "subject": "UTF-8"}
    sent = Values(read_headers(fields["headers"]))
    fields |= {name: sent.text(name).encode() for name in charsets}
    for part in leaves(message):
        kind = part.get_content_type()
        content = part.get_payload(decode=True)
        if kind in FOR_PROGRAMS:
            whole = part.as_bytes().partition(b"\n\n")[2]
            if part["Content-Transfer-Encoding"] == "base64":
                whole = base64.b64decode(whole)
            reports.append((kind, content if isinstance(content, bytes) else whole))
        elif kind in ("text/plain", "text/html") and isinstance(content, bytes):
            name = kind.removeprefix("text/").replace("plain", "text")
            fields[name] = fields.get(name, b"") + content
            charsets[name] = str(part.get_param("charset") or "utf-8")
    return Form(fields | {"charsets": json.dumps(charsets).encode()}, reports)


def leaves(part: Message) -> Iterator[Message]:
    """The parts that are posted: what is in a part for programs goes with it."""
    inner = part.get_payload()
    if part.get_content_type() in FOR_PROGRAMS or not isinstance(inner, list):
        yield part
        return
    for one in inner:
        assert isinstance(one, Message)
        yield from leaves(one)


def facts(mail: Inbound) -> tuple[object, ...]:
    """What is read of a mail that decides what becomes of it."""
    return mail.verdict.kind, mail.answers, mail.concerns, mail.sender_key, mail.subject


def table(found: Sequence[tuple[Entry, str]]) -> str:
    """How often what was taken for what."""
    counts = Counter((entry.kind, kind) for entry, kind in found)
    kinds = sorted({kind for pair in counts for kind in pair})
    head = f"{'is, read as':16}" + "".join(f"{kind[:12]:>13}" for kind in kinds)
    rows = [
        f"{kind:16}" + "".join(f"{counts[kind, other] or '':>13}" for other in kinds)
        for kind in kinds
    ]
    return "\n".join([head, *rows])


def test_every_mail_is_read_as_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A person's mail that is taken for a program's is lost; a program's that is taken for a
    person's wakes sales for nothing; a wish that is not heard costs the sender its good name."""
    assert len(CORPUS) >= 150
    assert len({entry.name for entry in CORPUS}) == len(CORPUS)
    assert len({entry.language.partition("-")[0] for entry in CORPUS if entry.language}) >= 15
    found = [(entry, read_mail(raw(entry), AT).verdict.kind) for entry in CORPUS]
    with capsys.disabled():
        sys.stdout.write(f"\n{len(CORPUS)} mails\n{table(found)}\n")
    of_people = ("reply", "unsubscribe", "unclear")
    assert [
        entry.name for entry, kind in found if entry.kind in of_people and kind in OF_PROGRAMS
    ] == []
    assert [(entry.name, entry.kind, kind) for entry, kind in found if entry.kind != kind] == []


def test_mails_say_the_same_when_they_are_taken_apart() -> None:
    """SendGrid posts a mail in fields unless it is told otherwise."""
    read = [
        (entry.name, facts(read_mail(as_fields(entry), AT)), facts(read_mail(raw(entry), AT)))
        for entry in CORPUS
    ]
    assert [(name, apart, whole) for name, apart, whole in read if apart != whole] == []


def raw(entry: Entry) -> Form:
    """The mail as SendGrid posts it when it is told to leave it as it is."""
    return Form({"email": entry.raw})


def whose(connection: Connection, entry: Entry) -> tuple[str, tuple[str, ...]]:
    """The lead that a mail is kept with, and the addresses that get no more mail."""
    receive_mail(connection, read_mail(raw(entry), AT))
    lead = connection.scalar(
        text(
            "SELECT coalesce(email_key, '') FROM inbound_message "
            "LEFT JOIN lead ON lead.id = lead_id"
        )
    )
    stops = connection.scalars(text("SELECT email_key FROM suppression ORDER BY 1")).all()
    return str(lead), tuple(stops)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Jane and Ben, to each of whom we wrote."""
    found = engine(database_url)
    with found.begin() as connection:
        publish_policy(connection, "scoring", simple_scoring(threshold=100, reply=20))
        for address, ours in ((JANE, OURS), (BEN, OURS_TO_BEN)):
            row = {"email": address, "email_key": address, "phase": "Nurture"}
            lead = connection.scalars(insert(Lead).values(row).returning(Lead.id)).one()
            sent = {"key": ours, "lead_id": lead, "step": "welcome", "channel": "outbox"}
            sent |= {"state": "sent", "planned_at": AT, "message_id": ours}
            connection.execute(insert(Touch).values(sent))
    yield found
    found.dispose()


def test_every_mail_is_kept_with_whom_it_concerns(database: Engine) -> None:
    """What one lead wants would be done to another: the wrong person unsubscribed, called, or
    taken for dead."""
    wrong = []
    with database.connect() as connection:
        connection.begin()
        for entry in CORPUS:
            before = connection.begin_nested()
            lead, stops = whose(connection, entry)
            before.rollback()
            if (lead, stops) != (entry.lead, tuple(sorted(entry.stops))):
                wrong.append((entry.name, (lead, stops), (entry.lead, entry.stops)))
    assert wrong == []
