"""What a person is asked by a step, by which rules, and what they answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from engine.contracts.base import Frozen
from engine.contracts.working import WorkingHours, WorkingTimes
from engine.errors import Failure

Choice = Literal["approve", "reject", "accept", "edit", "respond", "ignore", "submit"]
"""What can be decided: a step permits some, and is left by the port of that name (a form by `out`)."""

PauseChoice = Literal["retry", "output", "skip", "abort", "raise"]
"""What can be decided about a step that failed; about a budget that is used up: `raise` and `abort`."""

HumanAction = Choice | PauseChoice | Literal["delegate"]

Apart = Literal["starter", "editor"]
"""Who does not decide: who started the run, or who edited the data that is decided about."""


class HumanRules(Frozen):
    """Who decides, how many, and what happens when they take long.

    Times count from the beginning: seconds, words (`2 days`, `8 working hours`), or an expression that gives
    one of the two; `remind_s` may be a list of them. Working time is that of `working_hours`, or else of the
    workspace. `assignees` and `escalate_to` name people and groups: a list, or an expression; nobody named
    means anybody who may decide. `quorum` different people have to approve; with `majority` so many vote.
    `on_expiry` leaves by `timeout`, decides `default`, or fails.
    """

    assignees: Any = ()
    quorum: int = 1
    votes: Literal["first_reject", "majority"] = "first_reject"
    apart: tuple[Apart, ...] = ()
    priority: int = 3
    due_s: Any = None
    remind_s: Any = None
    escalate_s: Any = None
    escalate_to: Any = ()
    expire_s: Any = None
    on_expiry: Literal["port", "default", "fail"] = "port"
    default: Choice | None = None
    working_hours: WorkingHours | None = None


class TaskOpening(Frozen):
    """A step that asks people, with everything rendered: what an inbox is to show, and who is to decide.

    `attempt` tells a task from that of the same step before somebody decided that it be tried again. What
    stands in `working` is no instant yet: `engine.working_time.scheduled` makes it one.
    """

    run_id: str
    scope: str = ""
    node_id: str
    attempt: int = 1
    type: str
    title: str
    context: str = ""
    data: Any = None
    data_schema: dict[str, Any] | None = None
    choices: tuple[Choice | PauseChoice, ...]
    assignees: tuple[str, ...] = ()
    escalate_to: tuple[str, ...] = ()
    quorum: int = 1
    votes: Literal["first_reject", "majority"] = "first_reject"
    apart: tuple[Apart, ...] = ()
    priority: int = 3
    opened_at: datetime
    due_at: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    escalate_at: datetime | None = None
    expires_at: datetime | None = None
    working: WorkingTimes | None = None


class TaskTimes(Frozen):
    """When something happens to a task by itself."""

    due_at: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    escalate_at: datetime | None = None
    expires_at: datetime | None = None


class TaskOpened(Frozen):
    """What the inbox made of it: ids for the names of people and groups, and who started the run.

    `alone` says that there is but one person, so that no rule can ask for others. `times` are set where some
    of them count working time: they are worked out once, outside of the workflow. With a `failure` there is
    no task: somebody who is named is not known.
    """

    assignees: tuple[str, ...] = ()
    escalate_to: tuple[str, ...] = ()
    starter: str | None = None
    alone: bool = False
    times: TaskTimes | None = None
    failure: Failure | None = None


class TaskNote(Frozen):
    """Something that happens to an open task by itself: its people are reminded, or others are asked too."""

    run_id: str
    scope: str = ""
    node_id: str
    attempt: int = 1
    what: Literal["reminded", "escalated"]
    at: datetime


class TaskSettled(Frozen):
    """The end of a task: its outcome, and the ids of the decisions that were counted."""

    run_id: str
    scope: str = ""
    node_id: str
    attempt: int = 1
    outcome: str
    at: datetime
    counted: tuple[str, ...] = ()


class HumanDecision(Frozen):
    """What somebody decided, on its way to the step: the argument of the update `decide_task`.

    `subjects` are the ids of the person and of their groups. `revision` is that of the data which they saw.
    `value` is the edited data or the filled-in form, `text` a response, `to` to whom the task is delegated.
    About a step that failed, `value` is its output, which leaves by `port`, or settings to try again with.
    """

    id: str
    scope: str = ""
    node_id: str
    attempt: int = 1
    revision: int = 1
    action: HumanAction
    by: str
    name: str = ""
    subjects: tuple[str, ...] = ()
    at: datetime
    reason: str = ""
    value: Any = None
    text: str = ""
    to: tuple[str, ...] = ()
    port: str = "out"


class Verdict(Frozen):
    """A decision as it was counted. It stands for the data of its `revision`."""

    id: str
    action: HumanAction
    by: str
    name: str = ""
    at: datetime
    revision: int
    reason: str = ""
    text: str = ""


class Deliberation(Frozen):
    """What has come of a task so far. Editing makes a new revision of the data, which is decided anew.

    `extra` are those whom the task was delegated to, or escalated to; `left` those who gave it away. `handed`
    says of a task that anybody could have decided that it was given to somebody, `by_time` of an outcome that
    it came with the expiry.
    """

    revision: int = 1
    edited: bool = False
    data: Any = None
    verdicts: tuple[Verdict, ...] = ()
    extra: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    handed: bool = False
    by_time: bool = False
    outcome: str | None = None


class HumanState(Frozen):
    """An open task, carried over: how the inbox opened it, what was decided, and what happened by itself.

    `reminded` counts the reminders whose time has come.
    """

    attempt: int = 1
    opened: TaskOpened | None = None
    deliberation: Deliberation = Field(default_factory=Deliberation)
    reminded: int = 0
    escalated: bool = False
