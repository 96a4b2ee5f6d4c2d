"""Logging: structlog and the standard library through one pipe, JSON in a file, readable on a terminal.

What is bound with `structlog.contextvars.bind_contextvars` (a run's id, a node's) stands in every line that
is written meanwhile, also in those of libraries.
"""

import logging
import logging.handlers
import os
import re
import sys
from pathlib import Path

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

_MAX_BYTES = 10 * 1024 * 1024
_KEPT = 5
_PASSWORD_IN_URL = re.compile(r"(?P<before>://[^\s:/@]*):[^\s/@]+@")
"""It begins with what is rare: a search for the scheme would take the square of a long word's length."""

_TALKATIVE = (
    "httpx",
    "httpcore",
    "urllib3",
    "asyncio",
    "alembic.runtime.plugins",
    "granian.access",
    "engineio",
)


def configure(process: str, *, data_dir: Path, level: str, console: bool = True) -> None:
    """Log to `<data-dir>/logs/<process>.log` from now on, and on standard error too if `console`.

    Raises OSError when the file cannot be written and there is no `console` either.
    """
    handlers: list[logging.Handler] = [_console()] if console else []
    path = data_dir / "logs" / f"{process}.log"
    try:
        handlers.append(_file(path))
    except OSError as error:
        if not console:
            raise
        sys.stderr.write(
            f"Logging to the terminal only, because {path} cannot be written: {error.strerror}\n"
        )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_shared(), ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def _shared() -> list[Processor]:
    """Return what happens to every line, whoever wrote it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        hide_passwords,
    ]


def hide_passwords(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the password in every URL of a line's values."""
    for key, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[key] = _PASSWORD_IN_URL.sub(r"\g<before>:***@", value)
    return event


def _file(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8", delay=False
    )
    os.chmod(path, 0o600)
    handler.setFormatter(
        _formatter(structlog.processors.format_exc_info, hide_passwords, structlog.processors.JSONRenderer())
    )
    return handler


def _console() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())))
    return handler


def _formatter(*renderers: Processor) -> logging.Formatter:
    foreign: list[Processor] = [
        *_shared(),
        structlog.stdlib.ExtraAdder(allow={"temporal_workflow", "temporal_activity"}),
    ]
    return ProcessorFormatter(
        foreign_pre_chain=foreign, processors=[ProcessorFormatter.remove_processors_meta, *renderers]
    )
