"""What a task's page shows of a step that failed, or of a used-up budget, and what is typed to decide it."""

import json
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from workbench.services.task_shapes import TaskDetail
from workbench.state.base import AppState


@dataclass(frozen=True)
class PauseView:
    """What went wrong, after how many attempts, and with which input. `of_run`: its budget is used up."""

    there: bool = False
    of_run: bool = False
    place: str = ""
    kind: str = ""
    message: str = ""
    hint: str = ""
    detail: str = ""
    attempts: int = 1
    has_input: bool = False
    input: Any = None
    choices: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)


class TaskPauseState(AppState):
    """`writing` is what is being written: other settings (`retry`, `raise`) or the output (`output`)."""

    pause: PauseView = PauseView()
    writing: str = ""
    settings: str = ""
    output: str = ""
    port: str = "out"
    wrong: str = ""
    _settings: dict[str, Any] = {}

    @rx.event
    def write(self, what: str) -> None:
        """Open the editor for other settings or for the output, or close it."""
        self.writing, self.wrong = what, ""

    @rx.event
    def write_settings(self, text: str) -> None:
        """Keep the settings, as they are typed."""
        self.settings = text

    @rx.event
    def write_output(self, text: str) -> None:
        """Keep the output, as it is typed."""
        self.output = text

    @rx.event
    def choose_port(self, port: str) -> None:
        """Let the output leave by another port."""
        if port in self.pause.ports:
            self.port = port

    def _answer(self, action: str) -> tuple[Any, bool]:
        """Return what goes with a decision, and whether it can be sent; what is wrong is shown."""
        value, self.wrong = self._value(action)
        return value, not self.wrong

    def _value(self, action: str) -> tuple[Any, str]:
        """Return what goes with the decision, and what is wrong with it."""
        if action == "output":
            return _read(self.output, "The output")
        if action not in ("retry", "raise") or self.writing != action:
            return None, ""
        found, wrong = _read(self.settings, "What you wrote")
        if wrong or not isinstance(found, dict):
            return None, wrong or "Write an object of names and values: {…}."
        if action == "raise":
            return found, ""
        if missing := sorted(self._settings.keys() - found.keys()):
            return None, f"{', '.join(missing)} cannot be left out; write another value."
        known = self._settings
        return {name: new for name, new in found.items() if name not in known or known[name] != new}, ""

    def _show(self, task: TaskDetail) -> None:
        """Show a task; one that is no pause shows nothing here."""
        found = task.pause
        if found is None:
            self.pause = PauseView()
            return
        self._settings, self.settings = found.settings, _written(found.settings)
        self.writing = self.wrong = self.output = ""
        self.port = found.ports[0] if found.ports else "out"
        self.pause = PauseView(
            there=True,
            of_run=task.kind == "budget",
            place=f"{task.scope}/{task.node_id}" if task.scope else task.node_id,
            kind=found.failure.kind,
            message=found.failure.message,
            hint=found.failure.hint,
            detail=found.failure.detail,
            attempts=found.attempts,
            has_input=task.data is not None,
            input=task.data,
            choices=list(task.choices) if task.status == "open" else [],
            ports=list(found.ports),
        )


def _read(text: str, what: str) -> tuple[Any, str]:
    try:
        return (json.loads(text) if text.strip() else None), ""
    except ValueError as error:
        return None, f"{what} is no JSON: {error}."


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
