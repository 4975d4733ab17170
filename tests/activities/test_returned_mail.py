"""Mail that was accepted and comes back as a mail, days later or at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.mail.inbound import receive_mail
from tests.activities.test_refusals import Company, MakeDesk, campaign, many
from web.webhooks.inbound_mail import Form, read_mail

REPORT = """From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}
--b
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>
--b--
"""


@pytest.mark.parametrize(
    ("status", "words", "suppressed", "paused", "engaged"),
    [
        ("5.7.26", "This mail is unauthenticated (DMARC)", 0, 1, []),
        ("5.7.1", "Service unavailable; client host blocked using Spamhaus", 0, 1, []),
        ("5.1.1", "No such user here", 4, 0, ["bounce"] * 4),
        ("5.2.2", "The mailbox is over its quota", 0, 0, ["soft_bounce"] * 4),
    ],
)
def test_what_a_returned_mail_says_is_done(
    desk: MakeDesk, status: str, words: str, *, suppressed: int, paused: int, engaged: list[str]
) -> None:
    """One day of a broken signature would end every lead at Gmail, three such days too where each
    counted as a soft bounce; a full mailbox its own."""
    company = Company()
    leads = campaign(desk, company, many())
    leads.let_pass(timedelta(minutes=1))
    here = leads.here
    ids = here.values("SELECT message_id FROM touch ORDER BY id")
    with here.database.begin() as connection:
        for number, message_id in enumerate(ids[:4]):
            report = REPORT.format(
                number=number,
                recipient=many()[number],
                status=status,
                words=words,
                message_id=message_id,
            )
            raw = report.replace("\n", "\r\n").encode()
            receive_mail(connection, read_mail(Form({"email": raw}), leads.at))

    assert here.value("SELECT count(*) FROM inbound_message WHERE kind = 'bounce'") == 4
    assert here.value("SELECT count(*) FROM suppression") == suppressed
    assert here.values("SELECT kind FROM engagement") == engaged
    assert here.value("SELECT count(*) FROM sending_pause WHERE ended_at IS NULL") == paused
