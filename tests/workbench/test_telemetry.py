"""The log: JSON lines in the data directory, from structlog and the standard library alike."""

import json
import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest
import structlog

from workbench import telemetry


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Log to a directory of the test's own; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers = []
    telemetry.configure("test", data_dir=tmp_path, level="INFO", console=False)
    yield tmp_path
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(data_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data_dir / "logs" / "test.log").read_text().splitlines()]


def test_a_line_says_who_and_when(data_dir: Path) -> None:
    structlog.get_logger("workbench.somewhere").warning("it happened", count=3)
    (line,) = lines(data_dir)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "it happened", "count": 3, "level": "warning",
        "logger": "workbench.somewhere", "process": "test",
    }  # fmt: skip


def test_what_is_bound_stands_in_the_lines_of_libraries_too(data_dir: Path) -> None:
    with structlog.contextvars.bound_contextvars(run_id="r1", node_id="fetch"):
        logging.getLogger("some.library").info("fetched %s", "a thing")
    (line,) = lines(data_dir)
    assert (line["event"], line["run_id"], line["node_id"]) == ("fetched a thing", "r1", "fetch")


def test_an_exception_is_one_line(data_dir: Path) -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines(data_dir)
    assert "ValueError: wrong" in line["exception"]


def test_passwords_in_urls_are_hidden(data_dir: Path) -> None:
    logging.getLogger("x").error("cannot reach redis://:hunter2@127.0.0.1:6379/0")
    structlog.get_logger().error("away", url="postgresql://workbench:hunter2@db/x")
    assert "hunter2" not in (data_dir / "logs" / "test.log").read_text()
    assert lines(data_dir)[1]["url"] == "postgresql://workbench:***@db/x"


def test_quieter_levels_are_left_out(data_dir: Path) -> None:
    structlog.get_logger().debug("not this")
    logging.getLogger("httpx").info("nor this")
    assert lines(data_dir) == []


def test_the_log_is_for_its_owner_only(data_dir: Path) -> None:
    assert (data_dir / "logs" / "test.log").stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_rotated(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = logging.getLogger().handlers
    handler = next(found for found in handlers if isinstance(found, RotatingFileHandler))
    monkeypatch.setattr(handler, "maxBytes", 1000)
    for number in range(20):
        structlog.get_logger().info("a line", number=number)
    assert (data_dir / "logs" / "test.log.1").exists()
    assert (data_dir / "logs" / "test.log").stat().st_size <= 1000


def test_a_line_with_an_endless_word_is_written_at_once() -> None:
    line = {"event": "x" * 10_000_000 + " postgres://ada:secret@db/ http://" + "y" * 10_000_000}
    event = telemetry.hide_passwords(None, "", line)["event"]  # for ever, if it took the square of its length
    assert " postgres://ada:***@db/ " in event
