"""What a rep and a lead have written to each other, for mail programs that show it as one."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

LONGEST = 5
"""So many of the latest mails are named in the next one."""
# RFC 5322, 3.6.4; what else was made up for a mail without one stands in no mailbox.
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,150}@[!-;=?-~]{1,100}")

_WRITTEN = text(
    """
    SELECT message_id FROM (
        SELECT message_id, sent_at AS at FROM touch
        WHERE lead_id = :lead AND state = 'sent' AND sender ->> 'code' = :rep
        UNION ALL
        SELECT message_id, received_at FROM inbound_message
        WHERE lead_id = :lead AND coalesce(nullif(settled_as, ''), kind) = 'reply'
    ) AS written ORDER BY at DESC LIMIT :longest
    """
)


def conversation(connection: Connection, lead_id: int, rep: str) -> list[str]:
    """Message-IDs, without angle brackets, of the mails that the rep has sent the lead and that the
    lead has answered, the latest last."""
    asked = {"lead": lead_id, "rep": rep, "longest": LONGEST}
    latest_first = connection.scalars(_WRITTEN, asked)
    return [one for one in latest_first if _MESSAGE_ID.fullmatch(one)][::-1]
