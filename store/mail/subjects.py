"""What a mail is called where people read of it: by its subject."""

from __future__ import annotations

SUBJECT = r"""
coalesce(
    nullif(outbox_message.subject, ''),
    nullif(regexp_replace(regexp_replace(template.compiled->>'subject', '\{%.*?%\}', '', 'g'),
        '\{\{.*?\}\}', '…', 'g'), ''),
    touch.step)
"""
"""SQL for the subject of a ``touch``, with its ``outbox_message`` and ``template`` joined if there
are any: as it was sent where that is kept, else as marketing wrote it, with … for what differs from
lead to lead."""
