"""What is executed, under which limits, and what is told of it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_OUTPUT = 16 * 1024 * 1024
"""Bytes of JSON that the code may return."""

MAX_REPORT = 65_536
"""Bytes of the line before the output."""

MARGIN_S = 1.0
"""Seconds before a step's time limit at which its code is stopped: it can then still say where it was."""


@dataclass(frozen=True)
class PythonPolicy:
    """What the operator decided: where code is executed, and in which image.

    `docker_host` is where Docker is reached; None: where DOCKER_HOST says, else its usual socket.
    """

    way: Literal["container", "process", "off"] = "container"
    image: str = "python:3.13-slim"
    docker_host: str | None = None


@dataclass(frozen=True)
class Job:
    """One execution of `main(**inputs)`; `key` is the same for each execution of the same step.

    `until` is when it must have ended, on the clock of time.monotonic.
    """

    key: str
    code: str
    inputs: Mapping[str, Any]
    memory_mb: int
    until: float

    @property
    def seconds(self) -> float:
        """Return how long the code may take from now on."""
        left = self.until - time.monotonic()
        return max(left - min(MARGIN_S, left / 4), 0.05)

    def encoded(self, limits: Mapping[str, int]) -> bytes:
        """Return what the runner reads; `limits` are resource limits by name, where nothing else sets any."""
        job = {
            "code": self.code,
            "inputs": self.inputs,
            "seconds": self.seconds,
            "most": MAX_OUTPUT,
            "limits": limits,
        }
        data = json.dumps(job).encode()
        return b"%d\n%b" % (len(data), data)


class Report(BaseModel):
    """How an execution ended, and what was printed, the last 8 KiB of it.

    returned: `output` is what main returned, as JSON · nothing: it returned None · unfit: what it returned is
    no JSON · too-large: or too much of it · raised: an exception, `reason` says of which kind · syntax: the
    code cannot be read · no-main: it has no main · timeout: it took too long · memory: it took too much ·
    died: its process ended with a wait `status`, or said nothing that can be understood.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    end: Literal[
        "returned", "nothing", "unfit", "too-large", "raised", "syntax",
        "no-main", "timeout", "memory", "died",
    ]  # fmt: skip
    message: str = Field(default="", max_length=2_000)
    trace: str = Field(default="", max_length=10_000)
    line: int | None = None
    reason: str = Field(default="", max_length=40)
    printed: str = Field(default="", max_length=10_000)
    status: int | None = None
    output: bytes = b""


def reported(data: bytes) -> Report:
    """Return the report in what the runner wrote, or in what the code wrote in its place."""
    line, _, output = data.partition(b"\n")
    if len(line) > MAX_REPORT:
        return Report(end="died")
    if len(output) > MAX_OUTPUT:
        return Report(end="too-large")
    try:
        return Report.model_validate_json(line).model_copy(update={"output": output})
    except ValidationError:
        return Report(end="died")


@cache
def command() -> tuple[str, ...]:
    """Return the arguments that make a Python the runner; `-I` keeps it from the person's settings."""
    source = Path(__file__).with_name("runner.py").read_text(encoding="utf-8")
    return ("-I", "-B", "-X", "utf8", "-c", source)


@dataclass(frozen=True)
class Readiness:
    """Whether code can be executed here; where not, `remedy` says what to do."""

    ready: bool
    detail: str
    remedy: str = field(default="")


class Isolation(Protocol):
    """A place where code is executed. Entered before its first job, left after its last one."""

    async def run(self, job: Job) -> Report:
        """Execute a job to its end; when cancelled, end it and leave nothing behind.

        Raises NodeFailed when it cannot be executed here, and Interrupted when it was cut off from outside.
        """

    async def __aenter__(self) -> "Isolation":
        """Remove what a worker that died left behind."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of what was needed."""
