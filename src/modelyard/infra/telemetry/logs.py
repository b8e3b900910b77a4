"""Logging by structlog; what the standard library's loggers say (uvicorn, SQLAlchemy) takes the same way."""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
_SECRET_FIELD = re.compile(r"(?i)authorization|cookie|password|secret|token$|api_?key|private_?key")
_SECRET_TEXT = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}|\bmy_[A-Za-z0-9]{16,}")


def configure_logging(
    form: Literal["console", "json"],
    level: Literal["debug", "info", "warning", "error"],
    *,
    stream: TextIO | None = None,
) -> None:
    """Send every log line of the process to `stream`, standard error unless given; the last call counts."""
    stream = stream or sys.stderr
    least = getattr(logging, level.upper())
    shared = _shared()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(least),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(form, stream)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for own_minded in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # a server that ran before may have set them
        logger = logging.getLogger(own_minded)
        logger.setLevel(logging.NOTSET)
        logger.handlers.clear()
        logger.propagate = True
    for talkative in ("httpx2", "httpcore2", "asyncio", "alembic", "markdown_it"):
        logging.getLogger(talkative).setLevel(max(least, logging.WARNING))


def blot(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of secret fields, and what looks like a credential in any text."""
    for name, value in event.items():
        if _SECRET_FIELD.search(name):
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(REDACTED, value)
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _without_doubles,
    ]


def _last(form: str, stream: TextIO) -> Sequence[Processor]:
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [
            clean,
            structlog.processors.format_exc_info,
            blot,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return [
        clean,
        structlog.processors.format_exc_info,
        blot,
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=30
        ),
    ]


def _without_doubles(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn says its message a second time, with colors
    return event
