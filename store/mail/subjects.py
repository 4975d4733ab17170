"""What a mail is called where people read of it: by its subject."""

from __future__ import annotations

SUBJECT = r"""
coalesce(
    nullif(outbox_message.subject, ''),
    nullif(written.subject, ''),
    nullif(regexp_replace(regexp_replace(coalesce(
            (SELECT nullif(answer#>>'{mail,subject}', '') FROM task WHERE task.id =
                cast(substring(touch.key FROM 'after-call.task-([0-9]+)$') AS bigint)),
            template.compiled->>'subject'), '\{%.*?%\}', '', 'g'),
        '\{\{.*?\}\}', '…', 'g'), ''),
    touch.step)
"""
"""SQL for the subject of a ``touch``, with its ``outbox_message``, ``template`` and :data:`WRITTEN`
joined if there are any: as it was sent where that is kept, else as a colleague, whoever called or
marketing wrote it, with … for what differs from lead to lead."""
WRITTEN = """
LEFT JOIN written_mail AS written
    ON written.lead_id = touch.lead_id AND 'written-' || written.id = touch.key
"""
"""SQL to join what a colleague wrote to a ``touch``."""
