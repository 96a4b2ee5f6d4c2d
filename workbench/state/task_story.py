"""The story of the task on the page: what happened, what was decided and what was said, as one line."""

import re
from dataclasses import dataclass, field

from workbench.services import people
from workbench.services.task_shapes import Happening, TaskComment, TaskDecision, TaskDetail
from workbench.state.task_data import FileView, file_view
from workbench.state.task_values import ChangeView
from workbench.state.views import iso

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
"""What somebody did, by the action of their decision."""

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
"""What came of a task."""

_HAPPENED = {
    "opened": "The run asked",
    "reminded": "Those who are asked were reminded",
    "escalated": "It took too long, so others are asked too",
    "cancelled": "Its step or its run was cancelled",
    "claimed": "claimed it",
    "released": "released it",
    "refused": "could not decide",
    "comment-edited": "changed a comment",
    "comment-deleted": "took a comment back",
    "undone": "took a decision back",
}


@dataclass(frozen=True)
class StoryLine:
    """Something that happened: who (empty: nobody), what in words, when, and the Markdown that goes with it.

    `comment` is the id of a comment, which is changed by who is `mine`; `tone` colours it: ok, fail, or none.
    """

    key: str
    who: str
    what: str
    at: str
    text: str = ""
    tone: str = ""
    comment: str = ""
    mine: bool = False
    edited: str = ""
    files: list[FileView] = field(default_factory=list)
    changes: list[ChangeView] = field(default_factory=list)


async def story(task: TaskDetail, *, me: str) -> list[StoryLine]:
    """Return what happened to a task, in its order."""
    decisions = {one.id: one for one in task.decisions}
    comments = {one.id: one for one in task.comments}
    await people.learn([*_named(task)])
    lines = []
    for index, one in enumerate(task.history):
        if one.what == "decided" and one.ref in decisions:
            lines.append(_decision(decisions[one.ref]))
        elif one.what == "commented" and one.ref in comments:
            lines.append(_comment(task.id, comments[one.ref], me))
        else:
            lines.append(_happening(one, index))
    return lines


def _named(task: TaskDetail) -> set[str]:
    handed = {to for one in task.decisions for to in one.to}
    return handed | {name for one in task.comments for name in one.mentions}


def _decision(one: TaskDecision) -> StoryLine:
    what = DID[one.action]
    if one.to:
        what = f"handed it on to {people.name_of(one.to[0])}"
    if one.status == "refused":
        what = f"{what}, which was not taken: {one.why}"
    text = "\n\n".join(part for part in (one.reason, one.text) if part)
    tone = {"reject": "fail", "approve": "ok", "accept": "ok", "edit": "ok"}.get(one.action, "")
    return StoryLine(
        key=one.id,
        who=one.name or one.by,
        what=what,
        at=iso(one.at),
        text=text,
        tone="fail" if one.status == "refused" else tone,
        changes=[ChangeView.of(change) for change in one.changes],
    )


def _comment(task_id: str, one: TaskComment, me: str) -> StoryLine:
    return StoryLine(
        key=one.id,
        who=one.name,
        what="wrote",
        at=iso(one.at),
        text=_with_names(one),
        comment=one.id,
        mine=one.by == me,
        edited=iso(one.edited_at),
        files=[file_view(task_id, file) for file in one.files],
    )


def _with_names(one: TaskComment) -> str:
    """Return a comment's Markdown in which the names of those it mentions stand out."""
    text = one.text
    for name in {people.name_of(id_) for id_ in one.mentions}:
        text = re.sub(rf"(?<!\*)@{re.escape(name)}(?!\w)", lambda found: f"**{found[0]}**", text)
    return text


def _happening(one: Happening, index: int) -> StoryLine:
    key = f"{index}-{one.what}"
    if one.what == "settled":
        what = f"The run went on: {OUTCOMES.get(one.text, one.text)}"
        return StoryLine(key=key, who="", what=what, at=iso(one.at))
    if one.what == "stood-in":
        return StoryLine(key=key, who="", what=one.text, at=iso(one.at))
    what = _HAPPENED.get(one.what, one.what.replace("-", " "))
    tone = "fail" if one.what in ("refused", "undelivered") else ""
    return StoryLine(key=key, who=one.name, what=what, at=iso(one.at), text=one.text, tone=tone)
