"""What the list of the inbox shows: a line for each task, and what its address says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from engine.contracts import Choice, PauseChoice
from workbench import routes
from workbench.services.task_shapes import TaskSummary
from workbench.services.tasks import Queue, Sort
from workbench.state.task_story import OUTCOMES
from workbench.state.views import iso

QUEUES: dict[Queue, str] = {
    "asked": "To decide",
    "unread": "Unread",
    "mine": "Mine",
    "groups": "My groups",
    "open": "All open",
    "others": "Waiting for others",
    "snoozed": "Snoozed",
    "done": "Done",
}
SORTS: dict[Sort, str] = {"newest": "Newest first", "due": "Due first", "priority": "Most urgent first"}
KINDS = {
    "approval": "Approval",
    "review": "Review",
    "form": "Form",
    "pause": "Failed step",
    "budget": "Used-up budget",
}
PRIORITIES = {"1": "Urgent", "2": "High", "3": "Normal", "4": "Low", "5": "Lowest"}
DUE = {"overdue": "Overdue", "day": "Within a day", "week": "Within a week"}
ACTIONS = frozenset(get_args(Choice)) | frozenset(get_args(PauseChoice))


@dataclass(frozen=True)
class TaskView:
    """A task in the list. `outcome` is what came of it, in words; until `held_until` that can be undone.

    `like` is the same for tasks that can be decided together; `choices` are the ways to decide it.
    """

    id: str
    href: str
    title: str
    kind: str
    workflow: str
    context: str
    claimed: str
    outcome: str
    decided: str
    held_until: str
    opened_at: str
    due_at: str
    priority: int
    unread: bool
    open: bool
    like: str
    revision: int
    choices: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, task: TaskSummary) -> "TaskView":
        """Return the view of `task`."""
        cancelled = "cancelled" if task.status == "cancelled" else ""
        return cls(
            id=task.id,
            href=routes.task(task.id),
            title=task.title,
            kind=task.kind,
            workflow=task.workflow_name,
            context=task.context,
            claimed=task.claimed_name or "",
            outcome=cancelled or OUTCOMES.get(task.outcome or "", task.outcome or ""),
            decided=(task.decided_name or "") if task.status != "open" else "",
            held_until=iso(task.held_until),
            opened_at=iso(task.opened_at),
            due_at=iso(task.due_at),
            priority=task.priority,
            unread=task.unread,
            open=task.status == "open",
            like=f"{task.workflow_id} {task.node_id} {' '.join(task.choices)}",
            revision=task.revision,
            choices=list(task.choices),
        )


def address_of(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of a list, without what says nothing."""
    known: dict[str, Mapping[Any, str]] = {
        "queue": QUEUES, "sort": SORTS, "kind": KINDS, "priority": PRIORITIES, "due": DUE,
    }  # fmt: skip
    said = {name: asked.get(name, "") for name in known}
    found = {name: value for name, value in said.items() if value in known[name]}
    free = {name: asked.get(name, "").strip()[:200] for name in ("q", "workflow", "assignee")}
    return {"queue": "asked", **found, **{name: value for name, value in free.items() if value}}


def wanted(address: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of `tasks.list_tasks` for the list of an address."""
    due = address.get("due", "")
    return {
        "queue": cast(Queue, address["queue"]),
        "sort": cast(Sort, address.get("sort", "newest")),
        "search": address.get("q", ""),
        "workflow_id": address.get("workflow"),
        "assignee": address.get("assignee"),
        "kind": address.get("kind"),
        "priority": int(address["priority"]) if "priority" in address else None,
        "overdue": due == "overdue",
        "due_before": _until(due),
    }


def _until(due: str) -> datetime | None:
    days = {"day": 1, "week": 7}.get(due)
    return datetime.now(UTC) + timedelta(days=days) if days else None
