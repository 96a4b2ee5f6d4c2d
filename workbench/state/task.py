"""The page of one task: what is asked, by whom it was decided, and the decision that a person makes."""

import json
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from uuid import uuid4

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import Choice
from workbench import routes
from workbench.errors import Conflict, Forbidden, Invalid
from workbench.services import task_comments, task_decisions, tasks
from workbench.services.notifications import reading
from workbench.services.task_decisions import Decision
from workbench.services.task_shapes import TaskComment, TaskDecision, TaskDetail
from workbench.state import run_inputs
from workbench.state.base import AppState, toast_done, toast_error
from workbench.state.run_inputs import InputField
from workbench.state.views import iso

WORDS: dict[str, str] = {
    "approve": "Approve",
    "reject": "Reject",
    "accept": "Accept",
    "edit": "Send with changes",
    "respond": "Respond",
    "ignore": "Ignore",
    "submit": "Submit",
    "retry": "Try again",
    "output": "Use this output",
    "skip": "Skip the step",
    "raise": "Allow as much again",
    "abort": "Let it fail",
}
DID = {
    "approve": "approved",
    "reject": "rejected",
    "accept": "accepted",
    "edit": "changed the data",
    "respond": "responded",
    "ignore": "ignored it",
    "submit": "filled it in",
    "delegate": "handed it on",
    "retry": "let it try again",
    "output": "gave its output",
    "skip": "skipped it",
    "abort": "let it fail",
    "raise": "raised the budget",
}

OUTCOMES = {
    "approve": "approved",
    "reject": "rejected",
    "accept": "accepted",
    "edit": "sent on with changes",
    "respond": "answered",
    "ignore": "ignored",
    "submit": "filled in",
    "timeout": "nobody decided in time",
    "retry": "tried again",
    "output": "went on with a given output",
    "skip": "skipped",
    "abort": "given up",
    "raise": "budget raised",
}


@dataclass(frozen=True)
class Said:
    """What somebody decided or said: who and what in words, when, and the text that goes with it."""

    who: str
    what: str
    at: str
    text: str

    @classmethod
    def of(cls, one: TaskDecision | TaskComment) -> "Said":
        """Return the view of a decision or a comment."""
        if isinstance(one, TaskComment):
            return cls(one.name, "wrote", iso(one.at), one.text)
        refused = f" (not taken: {one.why})" if one.status == "refused" else ""
        text = "\n\n".join(part for part in (one.reason, one.text) if part)
        return cls(one.name, DID[one.action] + refused, iso(one.at), text)


@dataclass(frozen=True)
class TaskHead:
    """What a task's page says of it. `asks` says that it waits for a decision."""

    id: str = ""
    title: str = ""
    context: str = ""
    status: str = ""
    outcome: str = ""
    workflow: str = ""
    run: str = ""
    opened_at: str = ""
    due_at: str = ""
    claimed: str = ""
    quorum: int = 1
    asks: bool = False
    data: Any = None
    choices: list[str] = field(default_factory=list)


class TaskState(AppState):
    """`value` is the data as JSON text, to be edited; `fields` are a form's, to be filled in."""

    head: TaskHead = TaskHead()
    value: str = ""
    reason: str = ""
    text: str = ""
    fields: list[InputField] = []
    error: str = ""
    said: list[Said] = []
    _revision: int = 1
    _schema: dict[str, Any] = {}

    @rx.event
    async def load(self) -> None:
        """Show the task that the address names."""
        self.head, self.error, self.reason, self.text = TaskHead(), "", "", ""
        async with self._guarded():
            task_id = self.router.url.path.rstrip("/").rpartition("/")[2]
            self._show(await tasks.get_task(self.principal, task_id))
            await reading.saw_task(self.principal, task_id)

    @rx.event
    def write_reason(self, text: str) -> None:
        """Keep why, as it is typed."""
        self.reason = text

    @rx.event
    def write_text(self, text: str) -> None:
        """Keep the response, as it is typed."""
        self.text = text

    @rx.event
    def write_value(self, text: str) -> None:
        """Keep the edited data, as it is typed."""
        self.value = text

    @rx.event
    async def decide(self, action: str) -> EventSpec | None:
        """Decide the task; what keeps one from it is said beside the buttons."""
        if action not in get_args(Choice):
            return None
        value = None
        if action == "edit":
            try:
                value = json.loads(self.value)
            except ValueError as error:
                self.error = f"The data is no JSON: {error}"
                return None
        return await self._decide(cast(Choice, action), value)

    @rx.event
    async def submit(self, form: dict[str, Any]) -> EventSpec | None:
        """Answer with what was filled in."""
        filled = run_inputs.fill(self._schema, form)
        self.fields, self.error = list(filled.fields), filled.error
        return await self._decide("submit", filled.inputs) if filled.ok else None

    @rx.event
    async def claim(self, on: bool) -> None:
        """Keep the task for oneself, or let others have it."""
        act = tasks.claim if on else tasks.release
        self._show(await act(self.principal, self.head.id))

    @rx.event
    async def comment(self, form: dict[str, str]) -> None:
        """Say something about the task."""
        self._show(await task_comments.comment(self.principal, self.head.id, text=form.get("comment", "")))

    async def _decide(self, action: Choice, value: Any) -> EventSpec | None:
        asked = Decision(
            action, revision=self._revision, reason=self.reason, value=value, text=self.text, id=str(uuid4())
        )
        try:
            detail = await task_decisions.decide(self.principal, self.head.id, asked)
        except (Conflict, Forbidden, Invalid) as error:
            self.error = str(error)
            self._show(await tasks.get_task(self.principal, self.head.id))
            return toast_error(error)
        self.error = ""
        self._show(detail)
        return toast_done(f"“{detail.title}”: you {DID[action]}.")

    def _show(self, task: TaskDetail) -> None:
        self._revision, self._schema = task.revision, task.data_schema or {}
        self.value = json.dumps(task.data, indent=2, ensure_ascii=False)
        asks = task.status == "open"
        is_form = task.kind == "form" and asks
        filled = {**self._schema, "examples": [task.data]} if isinstance(task.data, dict) else self._schema
        if is_form and not self.error:
            self.fields = list(run_inputs.fields_of(filled))
        elif not is_form:
            self.fields = []
        said = [*map(Said.of, task.decisions), *map(Said.of, task.comments)]
        self.said = sorted(said, key=lambda one: one.at)
        self.head = TaskHead(
            id=task.id,
            title=task.title,
            context=task.context,
            status=task.status,
            outcome=OUTCOMES.get(task.outcome or "", task.outcome or ""),
            workflow=task.workflow_name,
            run=routes.run(task.run_id),
            opened_at=iso(task.opened_at),
            due_at=iso(task.due_at),
            claimed=task.claimed_name or "",
            quorum=task.quorum,
            asks=asks,
            data=task.data,
            choices=[choice for choice in task.choices if choice != "submit"],
        )
