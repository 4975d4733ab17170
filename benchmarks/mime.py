"""What it costs to write one mail as RFC 5322 bytes: ``python benchmarks/mime.py [--json]``.

Writes the same mails with our own ``domain.email.message`` and with the standard library's
``email`` (policy SMTP, the headers that must not be encoded fixed), and tells the CPU
milliseconds of each, the best of several rounds. What follows from it is in
``docs/decisions/writing-mails.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.email.message import CALENDAR_FILE, CalendarPart, build

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
ROUNDS = 5
ONE_LINE = frozenset({"message-id", "list-unsubscribe", "list-unsubscribe-post"})


class ExactHeaders(EmailPolicy):
    """Leaves the headers that name addresses for programs in one line, as they are."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in ONE_LINE:
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in ONE_LINE:
            return f"{name}: {value}{self.linesep}".encode()
        return bytes(super().fold_binary(name, value))


POLICY = ExactHeaders(linesep=SMTP.linesep, cte_type="7bit")


def build_with_library(
    *,
    sender: tuple[str, str],
    recipient: tuple[str, str],
    subject: str,
    text: str,
    html: str,
    message_id: str,
    at: datetime,
    headers: dict[str, str],
    calendar: CalendarPart | None = None,
) -> bytes:
    """The same message by ``email``; without the checks of what would break a header."""
    message = EmailMessage(POLICY)
    message["From"] = Address(sender[0], addr_spec=sender[1])
    message["To"] = Address(recipient[0], addr_spec=recipient[1])
    message["Subject"] = subject
    message["Date"] = at
    message["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    if calendar is not None:
        message.add_alternative(calendar.content.decode(), subtype="calendar", cte="base64")
        message.add_attachment(
            calendar.content, maintype="application", subtype="ics", filename=CALENDAR_FILE
        )
    return message.as_bytes()


def mails() -> dict[str, dict[str, Any]]:
    """What mails of ours look like: text of 1.5 KB and HTML of 9 KB."""
    rows = "".join(
        f'<tr><td style="padding:0 24px;font-size:16px" align="left">{number}. {{}}</td></tr>\n'
        for number in range(60)
    )
    said = {
        "English": "What the week’s plan costs when nobody looks at it until Friday afternoon",
        "Korean": "금요일 오후까지 아무도 보지 않는 주간 계획에 드는 비용",
    }
    url = f"<https://go.perennial.example/u/{'aB3_' * 40}>"
    found: dict[str, dict[str, Any]] = {}
    for language, sentence in said.items():
        found[language] = {
            "sender": ("Clara Moss · Lindenmoor", "clara@lindenmoor.example"),
            "recipient": (
                "김민준" if language == "Korean" else "Minjun Kim",
                "minjun@acme.example",
            ),
            "subject": sentence,
            "text": f"{sentence}.\n" * 20,
            "html": f"<html><body><table>{rows.replace('{}', sentence)}</table></body></html>",
            "message_id": "0f6f3a2c-5b0e-5f5e-9f5b-0a1b2c3d4e5f@lindenmoor.example",
            "at": AT,
            "headers": {
                "List-Unsubscribe": url,
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        }
    lines = "BEGIN:VCALENDAR\r\n" + "X-LINE:0123456789\r\n" * 40 + "END:VCALENDAR\r\n"
    part = CalendarPart("REQUEST", lines.encode())
    found["invitation"] = {**found["Korean"], "calendar": part}
    return found


def milliseconds(write: Callable[..., bytes], mail: dict[str, Any], times: int) -> float:
    """CPU milliseconds of one mail, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            write(**mail)
        best = min(best, (time.process_time() - begun) / times)
    return best * 1000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = {
        name: {
            "own": round(milliseconds(build, mail, 200), 3),
            "library": round(milliseconds(build_with_library, mail, 20), 3),
        }
        for name, mail in mails().items()
    }
    if asked.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:12} own {figure['own']:7.3f} ms   library {figure['library']:7.3f} ms")


if __name__ == "__main__":
    main()
