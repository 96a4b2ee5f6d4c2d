"""What may be decided about a task, and what comes of it: the rules of a step that asks people.

Pure functions, called twice for each decision: by the application, before it is stored, and by the run's
validator, which has the last word.
"""

from dataclasses import dataclass
from typing import Literal, assert_never, get_args

from engine.contracts import (
    Deliberation,
    HumanDecision,
    PauseChoice,
    TaskOpened,
    TaskOpening,
    TaskTimes,
    Verdict,
)
from engine.misfits import Misfit, misfits

Rule = Literal[
    "decision-late",
    "decision-stale",
    "decision-foreign",
    "decision-apart",
    "decision-twice",
    "decision-unfit",
]

FOR = frozenset({"approve", "accept", "edit"})
"""What counts towards the quorum."""

AT_ONCE = frozenset({"respond", "ignore", "submit", *get_args(PauseChoice)})
"""What ends a task whoever else was to decide: it approves of nothing."""

BY_DEFAULT = frozenset({"approve", "reject", "accept", "ignore"})
"""What can be decided without anybody: it takes no text and no data."""

MOST = 20
"""Mismatches that are told."""

LONGEST_TEXT = 20_000
"""Characters of a response or a reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a decision is not taken: the rule that is against it, and a sentence for who decided.

    `misfits` are the places at which data does not fit.
    """

    rule: Rule
    message: str
    misfits: tuple[Misfit, ...] = ()


def refusal(
    task: TaskOpening, opened: TaskOpened, so_far: Deliberation, decision: HumanDecision
) -> Refusal | None:
    """Return why a decision is not to be taken; None for one that is, or that was counted already."""
    if any(verdict.id == decision.id for verdict in so_far.verdicts):
        return None
    task = _as_ruled(task, opened)
    return (
        _late(task, so_far, decision)
        or _foreign(task, opened, so_far, decision)
        or _stale(so_far, decision)
        or _unfit(task, decision)
        or _undelegable(task, opened, so_far, decision)
    )


def _late(task: TaskOpening, so_far: Deliberation, decision: HumanDecision) -> Refusal | None:
    if so_far.outcome is not None:
        if so_far.by_time or not so_far.verdicts:
            return Refusal("decision-late", "The task has expired.")
        last = so_far.verdicts[-1]
        told = f"{last.name or last.by} decided {last.action} at {last.at:%Y-%m-%d %H:%M} UTC"
        return Refusal("decision-late", f"The task is decided already: {told}.")
    if decision.attempt != task.attempt:
        return Refusal("decision-late", "The step was tried again meanwhile; its new task is another one.")
    if task.expires_at is not None and decision.at >= task.expires_at:
        return Refusal("decision-late", f"The task expired at {task.expires_at:%Y-%m-%d %H:%M} UTC.")
    return None


def _foreign(
    task: TaskOpening, opened: TaskOpened, so_far: Deliberation, decision: HumanDecision
) -> Refusal | None:
    if not is_asked(opened, so_far, decision.by, frozenset(decision.subjects)):
        return Refusal("decision-foreign", "You are not among those who are asked to decide this task.")
    if decision.action != "delegate" and (against := kept_apart(task, opened, so_far, decision.by)):
        return against
    if _has_voted(task, so_far, decision.by):
        return Refusal("decision-twice", "You have decided this task already; it waits for others.")
    return None


def _has_voted(task: TaskOpening, so_far: Deliberation, by: str) -> bool:
    """Return whether a person's vote counts already; an edit is none where editors are kept apart."""
    none = {"delegate", "edit"} if "editor" in task.apart else {"delegate"}
    here = (one for one in so_far.verdicts if one.by == by and one.revision == so_far.revision)
    return any(one.action not in none for one in here)


def kept_apart(task: TaskOpening, opened: TaskOpened, so_far: Deliberation, by: str) -> Refusal | None:
    """Return which separation of duties keeps a person from deciding, whoever they are otherwise."""
    apart = _as_ruled(task, opened).apart
    if "starter" in apart and by == opened.starter:
        return Refusal("decision-apart", "You started this run, so somebody else has to decide.")
    if "editor" in apart and any(one.by == by and one.action == "edit" for one in so_far.verdicts):
        return Refusal("decision-apart", "You edited the data, so somebody else has to decide about it.")
    return None


def asked(opened: TaskOpened, so_far: Deliberation) -> tuple[str, ...]:
    """Return the ids of all who are asked by now; nobody: anybody who may decide, but for those who left."""
    if not (opened.assignees or so_far.handed):
        return ()
    named = (*opened.assignees, *so_far.extra)
    return tuple(one for one in dict.fromkeys(named) if one not in so_far.left)


def is_asked(opened: TaskOpened, so_far: Deliberation, by: str, subjects: frozenset[str]) -> bool:
    """Return whether a person, with the ids of their groups, is among those who are to decide."""
    if by in so_far.extra:
        return True
    if by in so_far.left:
        return False
    named = asked(opened, so_far)
    return not named or not (subjects | {by}).isdisjoint(named)


def _stale(so_far: Deliberation, decision: HumanDecision) -> Refusal | None:
    if decision.action == "delegate" or decision.revision == so_far.revision:
        return None
    return Refusal(
        "decision-stale",
        f"The data was edited meanwhile: you saw revision {decision.revision}, it is at {so_far.revision}. "
        "Look at it again.",
    )


def _unfit(task: TaskOpening, decision: HumanDecision) -> Refusal | None:
    if len(decision.text) > LONGEST_TEXT or len(decision.reason) > LONGEST_TEXT:
        return Refusal("decision-unfit", f"A text may have {LONGEST_TEXT} characters.")
    match decision.action:
        case "delegate":
            return None if decision.to else Refusal("decision-unfit", "Say to whom the task is delegated.")
        case action if action not in task.choices:
            permitted = ", ".join(task.choices)
            return Refusal(
                "decision-unfit", f"This task cannot be decided by “{action}”, only by: {permitted}."
            )
        case "respond":
            return None if decision.text.strip() else Refusal("decision-unfit", "Write the response.")
        case "edit" | "submit":
            return _misfit(task, decision)
        case "approve" | "reject" | "accept" | "ignore":
            return None
        case "retry" | "output" | "skip" | "abort" | "raise":
            return None
        case _:
            assert_never(decision.action)


def _undelegable(
    task: TaskOpening, opened: TaskOpened, so_far: Deliberation, decision: HumanDecision
) -> Refusal | None:
    """Return why a task cannot be given to somebody. Whether they are known is for the application to say."""
    if decision.action != "delegate":
        return None
    to = decision.to[0]  # behind them stand those who stand in for them
    if to == decision.by:
        return Refusal("decision-unfit", "The task is yours already; give it to somebody else.")
    if _has_voted(task, so_far, to):
        return Refusal("decision-unfit", "They have decided this task already; give it to somebody else.")
    if against := kept_apart(task, opened, so_far, to):
        return Refusal(against.rule, against.message.replace("You ", "They ", 1))
    if task.quorum > 1 and to in asked(opened, so_far):
        message = f"They are asked already, and {task.quorum} different people have to decide."
        return Refusal("decision-unfit", message)
    return None


def _misfit(task: TaskOpening, decision: HumanDecision) -> Refusal | None:
    if task.data_schema is None:
        return None
    found = misfits(task.data_schema, decision.value, most=MOST)
    told = " ".join(f"{one.place}: {one.message}" if one.path else one.message for one in found)
    return Refusal("decision-unfit", f"The data does not fit. {told}", found) if found else None


def _as_ruled(task: TaskOpening, opened: TaskOpened) -> TaskOpening:
    """Return a task as it was opened: for one person alone, without the rules that ask for others."""
    changes: dict[str, object] = dict(opened.times) if opened.times else {}
    if opened.alone:
        changes |= {"quorum": 1, "apart": ()}
    return task.model_copy(update=changes) if changes else task


def times_of(task: TaskOpening, opened: TaskOpened) -> TaskTimes:
    """Return when something happens to a task by itself."""
    if opened.times:
        return opened.times
    return TaskTimes(
        due_at=task.due_at,
        reminders=task.reminders,
        escalate_at=task.escalate_at,
        expires_at=task.expires_at,
    )


def counted(
    task: TaskOpening, opened: TaskOpened, so_far: Deliberation, decision: HumanDecision
) -> Deliberation:
    """Return what has come of a task by a decision that nothing is against; once for each decision's id."""
    if any(verdict.id == decision.id for verdict in so_far.verdicts):
        return so_far
    edits = decision.action == "edit"
    revision = so_far.revision + edits
    verdict = Verdict(
        id=decision.id,
        action=decision.action,
        by=decision.by,
        name=decision.name,
        at=decision.at,
        revision=revision,
        reason=decision.reason,
        text=decision.text,
    )
    changes: dict[str, object] = {"verdicts": (*so_far.verdicts, verdict), "revision": revision}
    if edits or decision.action == "submit":
        changes |= {"edited": edits or so_far.edited, "data": decision.value}
    if decision.action == "delegate":
        extra = dict.fromkeys((*so_far.extra, *decision.to))
        changes["extra"] = tuple(one for one in extra if one != decision.by)
        left = dict.fromkeys((*so_far.left, decision.by))
        changes["left"] = tuple(one for one in left if one not in decision.to)
        changes["handed"] = so_far.handed or _as_ruled(task, opened).quorum == 1
    after = so_far.model_copy(update=changes)
    return after.model_copy(update={"outcome": _outcome(_as_ruled(task, opened), after, verdict)})


def escalated(so_far: Deliberation, opened: TaskOpened) -> Deliberation:
    """Return a task that others are asked about too."""
    return so_far.model_copy(update={"extra": tuple(dict.fromkeys((*so_far.extra, *opened.escalate_to)))})


def _outcome(task: TaskOpening, after: Deliberation, last: Verdict) -> str | None:
    """Return what the task comes to by its last verdict, if to anything yet."""
    if last.action in AT_ONCE:
        return last.action
    if last.action == "delegate":
        return None
    editor_counts = "editor" not in task.apart
    votes = {one.by: one.action for one in after.verdicts if one.revision == after.revision}
    yes = sum(action in FOR and (editor_counts or action != "edit") for action in votes.values())
    no = sum(action == "reject" for action in votes.values())
    agreed = "edit" if after.edited else ("accept" if "accept" in task.choices else "approve")
    if task.votes == "majority":
        needed = task.quorum // 2 + 1
        return agreed if yes >= needed else ("reject" if no > task.quorum - needed else None)
    return "reject" if no else (agreed if yes >= task.quorum else None)
