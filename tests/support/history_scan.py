"""Read everything a history holds, as somebody who looks for personal data would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def texts(message: Message) -> Iterator[str]:
    """Every text in a message, however deep: payloads decoded (arguments, results, search
    attributes, memos, summaries), failure messages and stack traces among them."""
    if isinstance(message, Payload):
        yield message.data.decode("utf-8", "replace")
        return
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in value:
                yield str(key)
                inner = value[key]
                yield from texts(inner) if isinstance(inner, Message) else [str(inner)]
        elif isinstance(value, str):
            yield value
        elif isinstance(value, bytes):
            yield value.decode("utf-8", "replace")
        elif isinstance(value, Message):
            yield from texts(value)
        elif field.type in (field.TYPE_STRING, field.TYPE_BYTES, field.TYPE_MESSAGE):
            for inner in value:
                yield from texts(inner) if isinstance(inner, Message) else [str(inner)]


def personal_data(messages: Iterable[Message], tell_tales: Iterable[str]) -> list[str]:
    """What of ``tell_tales`` stands in the messages, and whatever looks like an e-mail address."""
    words = [word.casefold() for word in tell_tales if word]
    found = set()
    for message in messages:
        for text in texts(message):
            found |= set(ADDRESS.findall(text))
            found |= {word for word in words if word in text.casefold()}
    return sorted(found)


def in_history(history: WorkflowHistory, tell_tales: Iterable[str]) -> list[str]:
    """:func:`personal_data` of one run's events. Worker identities are process@machine; they name
    no lead."""
    return [
        found
        for found in personal_data(history.events, tell_tales)
        if not re.fullmatch(r"\d+@[\w.-]+", found)
    ]
