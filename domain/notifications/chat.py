"""What the incoming webhooks of chats take.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, blocks of
``mrkdwn`` (https://docs.slack.dev/messaging/formatting-message-text). Microsoft Teams: a workflow
*Post to a channel when a webhook request is received*, which takes an Adaptive Card
(https://learn.microsoft.com/power-automate/teams/send-a-message-in-teams).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from domain.notifications.kinds import ChatService
from domain.notifications.wording import Told

MOST_LINES = 20
"""Of one message: Slack takes 50 blocks, Teams 28 KB."""
LONGEST_LINE = 300


def chat_message(
    service: ChatService, heading: str, lines: Sequence[Told], more: str, console: str
) -> str:
    """The body of a post: a heading of ours and a line for each thing, which leads to it.

    Args:
        more: said at the end about those that have no line; '' for none.
        console: address of the console, without a slash at its end.
    """
    shown = lines[:MOST_LINES]
    if service == ChatService.SLACK:
        message = _slack(heading, shown, more, console)
    else:
        message = _teams(heading, shown, more, console)
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _slack(heading: str, lines: Sequence[Told], more: str, console: str) -> dict[str, Any]:
    said = [
        f"<{escape_slack(console + one.path)}|{escape_slack(_short(one.text))}>"
        + (f"\n{escape_slack(one.detail)}" if one.detail else "")
        for one in lines
    ]
    parts = [f"*{escape_slack(heading)}*", *said, *([escape_slack(more)] if more else [])]
    return {
        # What a phone shows before the message is opened; Slack reads mrkdwn here, too.
        "text": escape_slack(_short(lines[0].text if len(lines) == 1 else heading)),
        # Verbatim: a name that looks like an address or a channel stays a name.
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": part, "verbatim": True}}
            for part in parts
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape_slack(text: str) -> str:
    """Text as Slack's mrkdwn shows it as it is: ``<!channel>`` in a name calls nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(heading: str, lines: Sequence[Told], more: str, console: str) -> dict[str, Any]:
    body: list[dict[str, Any]] = [_run(heading, weight="Bolder")]
    for one in lines:
        action = {"type": "Action.OpenUrl", "url": console + one.path}
        body.append(_run(_short(one.text), selectAction=action))
        if one.detail:
            body.append(_run(one.detail, isSubtle=True))
    if more:
        body.append(_run(more, isSubtle=True))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": heading,
        "body": body,
    }
    content = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content, "contentUrl": None, "content": card}],
    }


def _run(text: str, **more: Any) -> dict[str, Any]:
    """A text block would read Markdown in names; a run shows what it is given."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **more}]}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
