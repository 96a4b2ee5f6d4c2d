"""Who looked at a task's data: an entry of the audit log, once for each person and task in some minutes."""

from redis.exceptions import RedisError

from workbench.auth.principal import Principal
from workbench.services import audit
from workbench.services.resources import get_resources

KEPT_S = 10 * 60
"""A person who looks at a task again within so many seconds is noted once."""


async def seen(principal: Principal, task_id: str, *, how: str = "read") -> None:
    """Note that somebody was shown a task's data; `how` says in which way.

    While Redis is away every look is noted: rather twice than not at all.
    """
    if principal.kind == "system" or not await _is_news(principal, task_id):
        return
    async with get_resources().transaction() as session:
        await audit.record(session, principal, "task-seen", target=f"task:{task_id}", detail={"how": how})


async def _is_news(principal: Principal, task_id: str) -> bool:
    who = f"{principal.impersonator or ''}:{principal.id}:{principal.key or ''}"
    try:
        kept = await get_resources().redis.set(f"task-seen:{task_id}:{who}", "1", nx=True, ex=KEPT_S)
    except (RedisError, OSError):
        return True
    return bool(kept)
