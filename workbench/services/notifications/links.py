"""Links in messages: each opens one task for one person, once, and does nothing else.

A link is signed with a key outside of the database, over its purpose, the notice, the person, the task and
the end of its time. It signs nobody in: who follows it has to be that person already, and a page that says
so leads through signing in. Opening it decides nothing; it only notes that the notice was read. What it does
on a second time is to say so, with the way to the task for who may see it anyway.
"""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from workbench import routes
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import notices as queries
from workbench.db.ids import now
from workbench.db.tables import NoticeRow, WorkspaceRow
from workbench.services.access import everywhere, requires
from workbench.services.resources import get_resources
from workbench.services.sealing import SealingKeys
from workbench.services.shapes import Shape

GOOD_FOR = timedelta(days=14)
_PURPOSE = "open-task"
_LAYOUT = struct.Struct(">B16sI")
_MAC_BYTES = 20
_VERSION = 1


class Followed(Shape):
    """What a link leads to: `href` at once where it is `open`; else what keeps it from that, in words.

    `workspace_id` is the one to act in for a link into another.
    """

    outcome: Literal["open", "used", "foreign", "expired", "forged", "gone", "elsewhere"]
    message: str = ""
    href: str = ""
    workspace_id: str = ""
    workspace: str = ""


_SAID = {
    "forged": "This is no link of this workbench, or part of it is missing. Copy the whole of it.",
    "expired": "This link has expired. What it was about stands in your inbox, if it still waits.",
    "gone": "What this link was about is not there any more.",
    "foreign": "This link was sent to somebody else. It opens nothing for you.",
}


def token(keys: SealingKeys, notice: NoticeRow, *, at: datetime) -> str:
    """Return the token of a link for a notice, good from `at` for two weeks."""
    head = _LAYOUT.pack(_VERSION, UUID(notice.id).bytes, int((at + GOOD_FOR).timestamp()))
    key = next(iter(keys.derived("workbench-link").values()))
    return base64.urlsafe_b64encode(head + _mac(key, head, notice)).rstrip(b"=").decode()


def _mac(key: bytes, head: bytes, notice: NoticeRow) -> bytes:
    told = "\n".join((_PURPOSE, notice.subject_id, notice.workspace_id, notice.task_id or "", notice.id))
    return hashlib.blake2b(head + told.encode(), key=key, digest_size=_MAC_BYTES).digest()


@requires(Action.SELF)
async def follow(principal: Principal, link: str) -> Followed:
    """Return where a link leads; the first time that its person follows it, that is noted."""
    read = _read(link)
    if read is None:
        return _refused("forged")
    head, mac, notice_id, until = read
    resources = get_resources()
    keys = SealingKeys.of(resources.settings)
    with everywhere():  # the notice may be of another workspace than that in which its person acts
        async with resources.transaction() as session:
            notice = await queries.notice(session, notice_id, lock=True)
            if notice is None:
                return _refused("gone" if until <= now() else "forged")
            derived = keys.derived("workbench-link").values()
            if not any(hmac.compare_digest(_mac(key, head, notice), mac) for key in derived):
                return _refused("forged")
            if notice.subject_id != principal.id:
                return _refused("foreign")
            if until <= now():
                return _refused("expired")
            if notice.workspace_id != principal.workspace:
                return await _elsewhere(session, notice)
            return _opened(notice)


def _opened(notice: NoticeRow) -> Followed:
    href = target(notice)
    if not href:
        return _refused("gone")
    notice.read_at = notice.read_at or now()
    if notice.followed_at is not None:
        at = f"{notice.followed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        message = f"This link was used already, at {at}; each works once. The task itself is in your inbox."
        return Followed(outcome="used", message=message, href=href)
    notice.followed_at = now()
    return Followed(outcome="open", href=href)


def target(notice: NoticeRow) -> str:
    """Return the page that a notice is about."""
    if notice.task_id:
        return routes.task(notice.task_id)
    return routes.run(notice.run_id) if notice.run_id else ""


async def _elsewhere(session: AsyncSession, notice: NoticeRow) -> Followed:
    workspace = await session.get(WorkspaceRow, notice.workspace_id)
    name = workspace.name if workspace else notice.workspace_id
    return Followed(
        outcome="elsewhere",
        message=f"The task is in the workspace “{name}”, and you are in another one now.",
        workspace_id=notice.workspace_id,
        workspace=name,
    )


def _refused(outcome: Literal["forged", "expired", "gone", "foreign"]) -> Followed:
    return Followed(outcome=outcome, message=_SAID[outcome])


def _read(link: str) -> tuple[bytes, bytes, str, datetime] | None:
    """Return the parts of a link's token: what is signed, the signature, the notice, the end of its time."""
    try:
        raw = base64.b64decode(link.encode("ascii") + b"=" * (-len(link) % 4), altchars=b"-_", validate=True)
        head, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
        version, notice_id, until = _LAYOUT.unpack(head)
    except (ValueError, struct.error):
        return None
    if version != _VERSION or len(mac) != _MAC_BYTES or len(link) > 200:
        return None
    return head, mac, str(UUID(bytes=notice_id)), datetime.fromtimestamp(until, UTC)
