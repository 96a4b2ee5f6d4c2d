"""What is said about the task on the page, and all else that happened to it."""

from typing import Any

import reflex as rx

from workbench import routes
from workbench.services import members, task_comments
from workbench.services.task_shapes import TaskDetail
from workbench.state.base import AppState
from workbench.state.member_views import CandidateRow
from workbench.state.task_story import StoryLine, story

FEW = 8
LATEST = 30
"""Lines of the story that are shown at first: the latest ones."""


class TaskTalkState(AppState):
    """`earlier` lines are not shown, until somebody asks for them; `found` are people to be named.

    `changing` is the comment that is being changed, and `draft` what it said; `sent` grows with each one.
    """

    lines: list[StoryLine] = []
    earlier: int = 0
    found: list[CandidateRow] = []
    files: str = ""
    changing: str = ""
    draft: str = ""
    named: dict[str, str] = {}
    sent: int = 0
    _task: str = ""
    _all: bool = False
    _said: dict[str, str] = {}

    @rx.event
    async def look(self, text: str) -> None:
        """Find people of the workspace by a part of their name."""
        page = await members.list_members(self.principal, search=text, limit=FEW)
        self.found = [CandidateRow.of(one) for one in page.items if one.kind == "person"]

    @rx.event
    async def send(self, text: str, mentions: list[str], files: list[dict[str, Any]]) -> None:
        """Say something about the task."""
        task = await task_comments.comment(
            self.principal, self._task, text=text, mentions=mentions, files=files
        )
        self.sent += 1
        await self._show(task)

    @rx.event
    def change(self, comment_id: str) -> None:
        """Begin to change a comment, or stop it."""
        self.changing, self.draft = comment_id, self._said.get(comment_id, "")

    @rx.event
    async def save(self, text: str, mentions: list[str], files: list[dict[str, Any]]) -> None:
        """Put a comment in the place of what it said."""
        changed = await task_comments.edit(
            self.principal, self._task, self.changing, text=text, mentions=mentions
        )
        self.changing = ""
        await self._show(changed)

    @rx.event
    async def delete(self, comment_id: str) -> None:
        """Take a comment back."""
        await self._show(await task_comments.delete(self.principal, self._task, comment_id))

    @rx.event
    def show_earlier(self) -> None:
        """Show the whole story."""
        self._all = True

    async def _show(self, task: TaskDetail) -> None:
        if task.id != self._task:
            self._task, self._all, self.changing = task.id, False, ""
        self.files = routes.task_file(task.id, "")
        self._said = {one.id: one.text for one in task.comments}
        lines = await story(task, me=self.principal.id)
        self.earlier = 0 if self._all else max(0, len(lines) - LATEST)
        self.lines = lines[self.earlier :]
