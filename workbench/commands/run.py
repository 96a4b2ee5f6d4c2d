"""`workbench run FILE`: run a document, show its steps as they settle, write its outputs.

The document becomes a workflow of the workbench, so that the run can be looked at in the browser later.
Running the same file again updates that workflow, unless it was edited elsewhere meanwhile.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contracts import TERMINAL
from engine.errors import Problem
from engine.graph import Document
from workbench import telemetry
from workbench.commands.api import Api, Refused, connected
from workbench.commands.check import INVALID, emit_problems, read
from workbench.commands.imports import Imports
from workbench.commands.run_people import RunPeople, Wish, may_wait, wishes
from workbench.commands.run_progress import RunProgress
from workbench.commands.signals import run_until_told
from workbench.commands.terminal import Progress, emit, fail, say, show_problems
from workbench.embedded.layout import DataDir
from workbench.embedded.supervisor import Supervisor
from workbench.errors import WorkbenchError
from workbench.settings import Settings

SUCCEEDED, FAILED = 0, 1
_POLL_S = 0.15
_CANCEL_S = 15.0


@dataclass(frozen=True)
class Options:
    """What is asked of a run on the command line; each of `labels` is to be `name=value`."""

    labels: Sequence[str] = ()
    key: str | None = None
    priority: int | None = None
    deadline: str | None = None
    decide: Sequence[str] = ()

    def given(self) -> dict[str, Any]:
        """Return the options as `POST /runs` takes them, as far as they were given."""
        labels = dict(label.partition("=")[::2] for label in self.labels)
        options = {
            "idempotency_key": self.key,
            "priority": self.priority,
            "deadline": self.deadline,
            "labels": labels or None,
        }
        return {name: value for name, value in options.items() if value is not None}

    def problems(self) -> tuple[Problem, ...]:
        """Return what cannot be read as a label."""
        hint = "Write name=value, such as env=prod."
        return tuple(
            Problem(code="run-option", field="--label", message=f"“{label[:80]}” is no label.", hint=hint)
            for label in self.labels
            if label.find("=") < 1
        )


def run(settings: Settings, file: Path, input_: str, options: Options, *, sample: bool, as_json: bool) -> int:
    """Run the document in `file`; return 0 when it succeeded, 1 when not, 2 when it could not be started.

    With `sample`, the document's sample input stands for what `input_` does not give.
    """
    document, problems = read(file)
    inputs, wrong_input = _inputs(input_)
    decisions, no_decisions = wishes(options.decide)
    problems = (*problems, *wrong_input, *options.problems(), *no_decisions)
    if document is None or problems:
        return _invalid(problems, as_json=as_json)
    try:
        home = DataDir(settings.data_dir)
        home.create()
        telemetry.configure("run", data_dir=settings.data_dir, level=settings.log_level, console=False)
        progress = Progress()
        supervisor = Supervisor(home, report=progress)
        asked = {"inputs": {**(_sample(document) if sample else {}), **inputs}, **options.given()}
        file_ = os.path.abspath(file)
        main = _run(supervisor, settings, progress, file_, document, asked, decisions, as_json=as_json)
        return run_until_told(main, hurry=supervisor.kill, told=FAILED)
    except Refused as error:
        fail(str(error))
        return _invalid(error.problems, as_json=as_json) if error.answered == 422 else FAILED
    except WorkbenchError as error:
        fail(str(error))
        return FAILED


def _invalid(problems: tuple[Problem, ...], *, as_json: bool) -> int:
    """List problems where a person, or a program, looks for them; return the exit code."""
    if as_json:
        emit_problems(problems)
    else:
        show_problems(problems)
    return INVALID


def _unreadable(message: str) -> Problem:
    hint = "Give a JSON object, or @ and the path of a file that holds one."
    return Problem(code="unreadable-input", field="--input", message=message, hint=hint)


def _inputs(text: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return the run's inputs from the command line's `--input`, or why it has none."""
    try:
        given = json.loads(Path(text[1:]).read_text() if text.startswith("@") else text)
    except OSError as error:
        return {}, (_unreadable(f"{text[1:]}: {error.strerror}."),)
    except (ValueError, RecursionError) as error:
        return {}, (_unreadable(f"It is no JSON: {error}."),)
    if isinstance(given, dict):
        return given, ()
    hint = 'For example: --input \'{"name": "Ada"}\''
    return {}, (Problem(code="input-no-object", field="--input", message="It is no JSON object.", hint=hint),)


def _sample(document: Document) -> dict[str, Any]:
    """Return the first sample among the document's inputs; nothing when it has none."""
    samples = document.inputs.get("examples")
    return samples[0] if isinstance(samples, list) and samples and isinstance(samples[0], dict) else {}


async def _run(
    supervisor: Supervisor, settings: Settings, progress: Progress, file: str, document: Document,
    asked: dict[str, Any], decisions: Sequence[Wish], *, as_json: bool,
) -> int:  # fmt: skip
    async with connected(supervisor, settings, progress, web=may_wait(document) and not decisions) as api:
        workflow_id = await Imports(supervisor.home, api).bring(file, document)
        body = {"workflow_id": workflow_id, "version": "draft", **asked}
        run_id = (await api.send("POST", "/runs", body))["id"]
        say(f"The run has started: {run_id}")
        finished = await _follow(api, run_id, RunPeople(api, run_id, decisions))
    if as_json:
        emit(json.dumps(finished, indent=2, ensure_ascii=False))
    elif finished["status"] == "succeeded":
        emit(json.dumps(finished["outputs"], indent=2, ensure_ascii=False))
    return SUCCEEDED if finished["status"] == "succeeded" else FAILED


async def _follow(api: Api, run_id: str, people: RunPeople) -> dict[str, Any]:
    """Show the run's steps until it has ended, and return it. Cancels it when we are told to stop."""
    with RunProgress() as shown:
        try:
            return await _until_ended(api, run_id, shown, people)
        except asyncio.CancelledError:
            shown.cancelling()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CANCEL_S):
                    await api.send("POST", f"/runs/{run_id}/cancel")
                    await _until_ended(api, run_id, shown)
            raise


async def _until_ended(
    api: Api, run_id: str, shown: RunProgress, people: RunPeople | None = None
) -> dict[str, Any]:
    while True:
        state: dict[str, Any] = await api.get(f"/runs/{run_id}")
        shown.update(state)
        if state["status"] in TERMINAL:
            return state
        if people:
            await people.look(state)
        await asyncio.sleep(_POLL_S)
