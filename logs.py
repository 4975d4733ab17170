"""What the worker and the web app write down: no value of anybody's, whatever goes wrong.

The text of an error may quote a mail, an address or a whole row (the database driver's does), and
logs are kept for months, read by many, and not reached by the erasing of a person. So an error is
written as its type and the places it went through. Logs of libraries go the same way: the web
server, Temporal's SDK, asyncio.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, Processor, WrappedLogger

import tracing


def keep_values_out_of_logs(form: Literal["console", "json"] = "console") -> None:
    """From now on this process logs errors without their texts.

    Args:
        form: lines for people, or a JSON object on each line, those of libraries too.
    """
    ended = _ended_in_json if form == "json" else _ended
    logging.setLogRecordFactory(_record)
    sys.excepthook = lambda _kind, error, _frames: ended(error)
    threading.excepthook = lambda thread: ended(thread.exc_value)
    sys.unraisablehook = lambda found: ended(found.exc_value)
    fmt, renderer = (
        "%Y-%m-%d %H:%M:%S",
        cast(Processor, structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())),
    )
    if form == "json":
        fmt, renderer = "iso", structlog.processors.JSONRenderer()
    known: list[Processor] = [
        structlog.processors.add_log_level,
        _with_trace,
        structlog.processors.TimeStamper(fmt=fmt, utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.StackInfoRenderer(),
            _without_texts,
            *known,
            renderer,
        ]
    )
    if form == "json":
        _write_as_json([_of_library, *known], renderer)


def _write_as_json(known: Sequence[Processor], renderer: Processor) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=known,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.root.handlers = [handler]
    logging.getLogger("uvicorn").setLevel(logging.INFO)


def _of_library(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The name of the logger, and the error that :func:`_record` has written down."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    if record.exc_text:
        event["exception"] = record.exc_text
    return event


def _with_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**event, **tracing.ids()}


def told(error: BaseException) -> str:
    """The error and those behind it by type, SQLSTATE, and the lines of code they went through.

    The text is kept where only the system or Temporal can have written it, which know nobody.
    """
    parts = [_one(each) for each in _chain(error)]
    return "\nwhich was caused by\n".join(parts)


def _one(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__qualname__
    if isinstance(error, DBAPIError):
        # Appendix A of PostgreSQL's manual; a lost connection has none.
        name += f" (SQLSTATE {getattr(error.orig, 'pgcode', None) or 'none'})"
    return f"{frames}{type(error).__module__}.{name}{_harmless_text(error)}"


def _harmless_text(error: BaseException) -> str:
    home = type(error).__module__
    if isinstance(error, OSError) and home == "builtins" and error.strerror:
        return f": {error.strerror}"
    return f": {error}" if home.startswith("temporalio.") else ""


def _chain(error: BaseException, seen: set[int] | None = None) -> Iterator[BaseException]:
    # One set for all branches: an error in a group may have been raised because of the group.
    seen = set() if seen is None else seen
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            for inner in current.exceptions:
                yield from _chain(inner, seen)
        hidden = current.__cause__ is None and current.__suppress_context__
        current = None if hidden else current.__cause__ or current.__context__


_usual_record: Callable[..., logging.LogRecord] = logging.LogRecord


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """Every record of every logger is made here, so none slips past a handler or a filter."""
    record = _usual_record(*arguments, **named)
    if isinstance(record.msg, BaseException):
        record.msg = _name(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_argument, record.args))
    elif record.args:
        record.args = {name: _argument(value) for name, value in record.args.items()}
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        # Some loggers write the error into the sentence as well; asyncio with all of its future.
        record.msg, record.args = _without(error, record.getMessage()), ()
        record.exc_info, record.exc_text = None, told(error)
    return record


def _argument(value: Any) -> Any:
    return _name(value) if isinstance(value, BaseException) else value


def _name(error: BaseException) -> str:
    return f"{type(error).__qualname__}{_harmless_text(error)}"


def _without(error: BaseException, message: str) -> str:
    for each in _chain(error):
        for text in (repr(each), str(each)):
            if text and text in message:
                message = message.replace(text, _name(each))
    return message


def _without_texts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For structlog, whose own way of showing an error shows all local variables too."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = _name(value)
    if isinstance(error, BaseException):
        event["exception"] = told(error)
    return event


def _ended(error: BaseException | None) -> None:
    if error is not None:
        sys.stderr.write(f"{told(error)}\n")


def _ended_in_json(error: BaseException | None) -> None:
    if error is not None:
        line = {"event": "it ended", "level": "critical", "exception": told(error)}
        sys.stderr.write(f"{json.dumps(line)}\n")
