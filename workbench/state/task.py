"""The page of one task: what is asked, by whom it was decided, and the decision that a person makes.

What stands around it has states of its own: the data (`task_data`), what happened and is said (`task_talk`),
the run (`task_run`), precedents and handing on (`task_aside`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from uuid import uuid4

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import Choice, HumanAction, PauseChoice
from workbench import routes
from workbench.errors import Conflict, Forbidden, Invalid
from workbench.services import inbox, task_decisions, tasks
from workbench.services.notifications import reading
from workbench.services.shapes import RunEvent
from workbench.services.task_decisions import HOLD_S, Decision
from workbench.services.task_shapes import TaskDetail
from workbench.state.base import AppState, toast_done, toast_error
from workbench.state.push import tabs
from workbench.state.run import RunState
from workbench.state.task_aside import TaskAsideState
from workbench.state.task_data import TaskDataState
from workbench.state.task_pause import TaskPauseState
from workbench.state.task_run import TaskRunState
from workbench.state.task_story import DID as DID
from workbench.state.task_story import OUTCOMES as OUTCOMES
from workbench.state.task_talk import TaskTalkState
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


@dataclass(frozen=True)
class TaskHead:
    """What a task's page says of it. `asks` says that it waits for a decision; `mine` that I have claimed it.

    `outcome` is what came of it, `decider` who said the last word.
    """

    id: str = ""
    title: str = ""
    kind: str = ""
    context: str = ""
    status: str = ""
    outcome: str = ""
    decider: str = ""
    workflow: str = ""
    run: str = ""
    opened_at: str = ""
    due_at: str = ""
    expires_at: str = ""
    closed_at: str = ""
    claimed: str = ""
    mine: bool = False
    quorum: int = 1
    priority: int = 3
    revision: int = 1
    asks: bool = False
    fills: bool = False
    pause: bool = False
    held_until: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Done:
    """What one decided last, and the way back to it."""

    id: str = ""
    title: str = ""
    did: str = ""
    href: str = ""


class TaskState(AppState):
    """`reason` and `text` go with the decision. `before` and `after` are the neighbours in the list one came
    from. `done` is what one decided last, on another task's page."""

    head: TaskHead = TaskHead()
    reason: str = ""
    text: str = ""
    error: str = ""
    news: str = ""
    before: str = ""
    after: str = ""
    done: Done = Done()
    _shown: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the task that the address names, and follow it from now on."""
        task_id = self.router.url.path.rstrip("/").rpartition("/")[2]
        if task_id != self.head.id:
            self.head, self.reason, self.text = TaskHead(), "", ""
        self.error, self.news = "", ""
        async with self._guarded():
            task = await tasks.get_task(self.principal, task_id)
            tabs.watch(self.router.session.client_token, TaskState, run_id=task.run_id)
            self._shown = ""
            await self._show(task)
            await reading.saw_task(self.principal, task_id)
            await inbox.mark(self.principal, [task_id], seen=True)

    @rx.event
    def write_reason(self, text: str) -> None:
        """Keep why, as it is typed."""
        self.reason = text

    @rx.event
    def write_text(self, text: str) -> None:
        """Keep the response, as it is typed."""
        self.text = text

    @rx.event
    async def decide(self, action: str, task_id: str) -> EventSpec | None:
        """Decide the task; what keeps one from it is said beside the buttons.

        `task_id` is the task at which the button was: the page may have gone on to the next one meanwhile.
        """
        if action not in (*get_args(Choice), *get_args(PauseChoice)) or task_id != self.head.id:
            return None
        value, port = None, "out"
        if self.head.pause:
            pause = await self.get_state(TaskPauseState)
            (value, fits), port = pause._answer(action), pause.port
        elif action in ("edit", "submit"):
            value, fits = (await self.get_state(TaskDataState))._answer()
        else:
            fits = True
        if not fits:
            self.error = "" if self.head.pause else "Some of it does not fit; see the fields."
            return None
        return await self._decide(cast(HumanAction, action), value, port)

    @rx.event
    async def claim(self, on: bool) -> None:
        """Keep the task for oneself, or let others have it."""
        act = tasks.claim if on else tasks.release
        await self._show(await act(self.principal, self.head.id))

    @rx.event
    async def hand_on(self) -> EventSpec:
        """Hand the task on to who was chosen in the dialog, with the reason that was written."""
        aside = await self.get_state(TaskAsideState)
        name, task = aside.to_name, await aside._hand_on(self.reason)
        aside.asking = ""
        await self._show(task)
        return toast_done(f"“{task.title}”: handed on to {name}.")

    @rx.event
    async def undo(self) -> list[EventSpec]:
        """Take back what one decided last, and go there, also from a page that is about to be left."""
        task = await task_decisions.undo(self.principal, self.done.id)
        self.done, self._shown = Done(), ""
        if task.id == self.head.id:
            await self._show(task)
        return [rx.redirect(routes.task(task.id)), toast_done("It is undone; the task is open again.")]

    @rx.event
    def forget_done(self) -> None:
        """Say no more of what was decided last."""
        self.done = Done()

    async def _decide(self, action: HumanAction, value: Any, port: str) -> EventSpec | None:
        head = self.head
        asked = Decision(
            action,
            revision=head.revision,
            reason=self.reason,
            value=value,
            text=self.text,
            id=str(uuid4()),
            port=port,
            hold_s=HOLD_S,
        )
        try:
            detail = await task_decisions.decide(self.principal, head.id, asked)
        except (Conflict, Forbidden, Invalid) as error:
            self.error = str(error)
            await self._show(await tasks.get_task(self.principal, head.id))
            return toast_error(error)
        self.error, self.reason, self.text = "", "", ""
        self.done = Done(head.id, head.title, DID[action], routes.task(head.id))
        if self.after:
            return rx.redirect(self.after)
        await self._show(detail)
        return toast_done(f"“{detail.title}”: you {DID[action]}.")

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        """Show what became of the task, and of its run where that is open."""
        rest = 0.0
        if (await self.get_state(TaskRunState)).opened:
            rest = await (await self.get_state(RunState))._on_events(events)
        await self._look_again()
        return max(rest, 0.3)

    async def _look_again(self) -> None:
        """Show the task as it is now; what somebody is writing stays."""
        asked = self.head.asks
        task = await tasks.get_task(self.principal, self.head.id)
        await self._show(task)
        if asked and not self.head.asks:
            self.news = _news(self.head)

    async def _show(self, task: TaskDetail) -> None:
        asks = task.status == "open"
        stamp = f"{task.id} {task.revision} {task.status}"
        self.head = _head(task, me=self.principal.id, asks=asks)
        if stamp != self._shown:  # else the form keeps what is being typed
            self._shown = stamp
            (await self.get_state(TaskDataState))._show(task, fills=self.head.fills)
            (await self.get_state(TaskPauseState))._show(task)
        await (await self.get_state(TaskTalkState))._show(task)
        await (await self.get_state(TaskAsideState))._show(task)
        await (await self.get_state(TaskRunState))._show(task)


def _head(task: TaskDetail, *, me: str, asks: bool) -> TaskHead:
    counted = [one for one in task.decisions if one.status != "refused" and one.action != "delegate"]
    return TaskHead(
        id=task.id,
        title=task.title,
        kind=task.kind,
        context=task.context,
        status=task.status,
        outcome=OUTCOMES.get(task.outcome or "", task.outcome or ""),
        decider=counted[-1].name if counted and task.outcome != "timeout" else "",
        workflow=task.workflow_name,
        run=routes.run(task.run_id),
        opened_at=iso(task.opened_at),
        due_at=iso(task.due_at),
        expires_at=iso(task.expires_at),
        closed_at=iso(task.closed_at),
        claimed=task.claimed_name or "",
        mine=task.claimed_by == me,
        quorum=task.quorum,
        priority=task.priority,
        revision=task.revision,
        asks=asks,
        fills=asks and "submit" in task.choices,
        pause=task.pause is not None,
        held_until=iso(task.held_until),
        choices=[choice for choice in task.choices if choice in WORDS],
    )


def _news(head: TaskHead) -> str:
    """Return what happened to a task while somebody looked at it."""
    if head.status == "cancelled":
        return "Its step or its run was cancelled just now."
    return f"{head.decider or 'Somebody'} decided it just now: {head.outcome}."
