"""Does the work of `python` nodes: has their code executed apart, and checks what comes back."""

import asyncio
import json
import signal
import time
from collections.abc import Mapping
from typing import Any, assert_never

from jsonschema.exceptions import ValidationError as Mismatch
from jsonschema.exceptions import best_match
from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from engine.compiler import validator
from engine.errors import Failure, NodeFailed
from engine.isolation import MAX_OUTPUT, Isolation, Job, Report
from engine.ports import AdapterCall, AdapterOutput

_DATA = "Return what JSON has: lists, dicts, texts, finite numbers, True, False."
_HINTS = {
    "environment": "The environment is empty; declare what the code needs as an input.",
    "files": "It sees no files of this machine; give it what it needs as an input. It can write to /tmp.",
    "network": "The code has no network; make the request in an HTTP node and give its output as an input.",
    "processes": "The code may start few processes and threads.",
    "module": "What can be imported is what the image in WORKBENCH_PYTHON_IMAGE holds.",
    "exit": "End main with return.",
}
"""What to do about an exception, by the reason that the runner found."""


class PythonCall(BaseModel):
    """A rendered config."""

    model_config = ConfigDict(extra="ignore")

    code: str
    inputs: dict[str, Any] = {}
    output_schema: dict[str, Any] = {}
    memory_mb: int = 512


class PythonAdapter:
    """Its output is what `main` returns."""

    type = "python"

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Execute the code once; NodeFailed for whatever is not an output that matches its schema."""
        config = PythonCall.model_validate(call.config)
        job = Job(
            key=call.idempotency_key,
            code=config.code,
            inputs=config.inputs,
            memory_mb=config.memory_mb,
            until=time.monotonic() + call.timeout_s,
        )
        report = await self._isolation.run(job)
        if report.end != "returned":
            raise _failed(report, config, call.timeout_s)
        return AdapterOutput(await asyncio.to_thread(_value, report, config.output_schema))


def _value(report: Report, schema: Mapping[str, Any]) -> Any:
    """Return the output as a value; NodeFailed when it is none, or does not match its schema."""
    try:
        value = from_json(report.output, allow_inf_nan=False)
    except ValueError as error:
        raise NodeFailed(_failure("unfit", f"The output is no JSON: {error}", _DATA, report)) from None
    wrong = best_match(validator(schema).iter_errors(value)) if schema else None
    if wrong is not None:
        message = f"The output does not match its schema: {_mismatch(wrong)}"
        hint = "Return what the output schema says, or mend the schema."
        raise NodeFailed(_failure("output-mismatch", message, hint, report))
    return value


def _mismatch(error: Mismatch) -> str:
    path = "".join(f"[{json.dumps(part)}]" for part in error.absolute_path)
    said = " ".join(error.message.split())
    return f"{f'at output{path}: ' if path else ''}{said[:300]}"


def _failed(report: Report, config: PythonCall, timeout_s: float) -> NodeFailed:
    """Return what a person is told of an execution that came to no output."""
    match report.end:
        case "raised":
            return _of_exception(report, config.memory_mb)
        case "timeout":
            message = f"The code took longer than the step's {timeout_s:g} seconds{_line(report)}"
            hint = "Give it more time in its policy, or less to do."
            failure = _failure("timeout", message, hint, report, prefix="")
            return NodeFailed(failure, retryable=True)
        case "memory":
            return NodeFailed(_too_much_memory(report, config.memory_mb))
        case "returned" | "nothing" | "unfit" | "too-large" | "syntax" | "no-main" | "died":
            return NodeFailed(_failure(report.end, *_said(report), report))
        case _:
            assert_never(report.end)


def _of_exception(report: Report, memory_mb: int) -> NodeFailed:
    """Return an exception as a failure; one that came of a limit is named after it."""
    if report.reason == "memory":
        return NodeFailed(_too_much_memory(report, memory_mb))
    kind = report.reason if report.reason in _HINTS else "exception"
    hint = _HINTS.get(report.reason, "The node's output shows the lines it came by.")
    return NodeFailed(_failure(kind, f"{report.message}{_line(report)}", hint, report), retryable=True)


def _too_much_memory(report: Report, memory_mb: int) -> Failure:
    message = f"The code needed more than its {memory_mb} MB of memory{_line(report)}"
    return _failure("memory", message, "Give it more in memory_mb, or less to do at a time.", report)


def _said(report: Report) -> tuple[str, str]:
    """Return message and hint for an end that says everything by itself."""
    match report.end:
        case "nothing":
            return "main returned None", "Return a value on every way out of main, for example {} or []."
        case "unfit":
            return f"The output cannot be written as JSON: {report.message}", _DATA
        case "too-large":
            limit = f"The output has more than {MAX_OUTPUT >> 20} MiB"
            return limit, "Return less: a selection, a sum, a part at a time."
        case "syntax":
            return (
                f"The code cannot be read: {report.message}{_line(report)}",
                "The Python that executes it may be an older one.",
            )
        case "no-main":
            return "The code has no function main", "Write def main(…): with the inputs as its parameters."
        case _:
            return f"The code ended without a result{_ending(report.status)}", "Let main return it."


def _ending(status: int | None) -> str:
    """Return how a process ended, from the status that wait gives; empty when it is not known."""
    if status is None:
        return ""
    number = status & 0x7F
    if not number:
        return f": its process ended by itself, with exit code {status >> 8}"
    try:
        return f": its process was ended by {signal.Signals(number).name}"
    except ValueError:
        return f": its process was ended by signal {number}"


def _line(report: Report) -> str:
    return f" (line {report.line})" if report.line else ""


def _failure(kind: str, message: str, hint: str, report: Report, *, prefix: str = "python.") -> Failure:
    printed = report.printed.strip()
    parts = (report.trace.rstrip(), f"Printed:\n{printed}" if printed else "")
    detail = "\n\n".join(part for part in parts if part)
    return Failure(kind=prefix + kind, message=message, hint=hint, detail=detail)
