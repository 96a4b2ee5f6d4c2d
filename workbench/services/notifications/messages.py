"""What a message says: one notice by itself, or several as a digest. Pure.

Only what one has to know to go and look: titles and who did what, never the data or the context of a task,
which would stay in mailboxes and chats that the workbench does not watch over.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.db.tables import NoticeRow
from workbench.services.notifications.occasions import Occasion

MOST = 20
"""Lines in a digest; the rest is counted."""

HEADS: dict[Occasion, str] = {
    "asked": "Decision asked",
    "asked_anybody": "Decision asked",
    "reminded": "Reminder",
    "escalated": "Escalated to you",
    "delegated": "Delegated to you",
    "mentioned": "You were mentioned",
    "decided": "Decided",
    "expired": "Expired",
    "run_failed": "Run failed",
    "message": "Message",
}
_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")
_EVERYBODY = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[!@#])", re.IGNORECASE)


@dataclass(frozen=True)
class Written:
    """A message: a line, and its body in Markdown."""

    title: str
    body: str


def head(notice: NoticeRow) -> str:
    """Return the occasion of a notice in two words."""
    occasion: Occasion = notice.occasion  # type: ignore[assignment]
    return HEADS[occasion]


def written(notices: Sequence[NoticeRow], link: Callable[[NoticeRow], str], settings: str) -> Written:
    """Return the message that tells these notices, one or more; `settings` is where to change that."""
    foot = f"\n\n[Change what you are told]({settings})"
    if len(notices) == 1:
        return _one(notices[0], link(notices[0]), foot)
    lines = [_line(notice, link(notice)) for notice in notices[:MOST]]
    if len(notices) > MOST:
        lines.append(f"- and {len(notices) - MOST} more")
    return Written(f"{len(notices)} notifications from the workbench", _calm("\n".join(lines)) + foot)


def _one(notice: NoticeRow, link: str, foot: str) -> Written:
    if notice.occasion == "message":
        return Written(_calm(notice.title), _calm(notice.text or notice.title) + foot)
    what = "Open the task" if notice.task_id else "Open the run"
    body = f"**{_plain(notice.title)}**\n\n{_plain(notice.text)}"
    return Written(_calm(f"{head(notice)}: {notice.title}"), f"{_calm(body)}\n\n[{what}]({link}){foot}")


def _line(notice: NoticeRow, link: str) -> str:
    title = f"[{_plain(notice.title)}]({link})" if link else _plain(notice.title)
    text = "" if notice.occasion == "message" else f" {_plain(notice.text)}"
    return f"- {head(notice)}: {title}.{text}"


def _plain(text: str) -> str:
    """Return text that Markdown leaves as it is, in one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _calm(text: str) -> str:
    """Return text that calls up nobody: what chats take for a call to everybody in the room is broken."""
    return _EVERYBODY.sub(lambda found: found[0] + "\u200b", text)
