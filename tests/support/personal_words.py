"""A lead and a note whose every personal word is easily found where it should not be."""

from __future__ import annotations

TELL_TALE = {
    "email": "Wilhelmina.Tell-Tale@quuxcorp.example",
    "email_key": "wilhelmina.tell-tale@quuxcorp.example",
    "first_name": "Wilhelmina",
    "last_name": "Zweistein",
    "title": "Oberkontrollrat",
    "phone": "+44 7700 900461",
}
NOTE = "Zweistein asked about the annual licence"
"""What a person notes at a task."""
