"""The trail of decisions in the audit log: each that was made, and each that a rule was against."""

from sqlalchemy.ext.asyncio import AsyncSession

from engine.contracts import HumanDecision
from workbench.auth.principal import Principal
from workbench.db import tasks as queries
from workbench.db.tables import TaskRow
from workbench.services import audit, task_events
from workbench.services.resources import get_resources


async def decided(session: AsyncSession, principal: Principal, row: TaskRow, decision: HumanDecision) -> None:
    """Note a decision in the transaction that stores it."""
    detail = {"decision": decision.id, "action": decision.action, "revision": decision.revision}
    if decision.to:
        detail["to"] = ", ".join(decision.to)
    action = "task-delegated" if decision.action == "delegate" else "task-decided"
    await audit.record(session, principal, action, target=f"task:{row.id}", detail=detail)


async def undone(session: AsyncSession, principal: Principal, row: TaskRow, decision: HumanDecision) -> None:
    """Note that a decision was undone before its run was told, in the transaction that takes it away."""
    await task_events.record(session, row, "undone", who=principal, text=decision.action)
    detail = {"decision": decision.id, "action": decision.action}
    await audit.record(session, principal, "task-undone", target=f"task:{row.id}", detail=detail)


async def refused(principal: Principal, task_id: str, action: str, why: str) -> None:
    """Note that somebody was kept from deciding a task, and why; nothing of a task that they cannot see."""
    async with get_resources().transaction() as session:
        row = await queries.get(session, task_id)
        if row is None:
            return
        await task_events.record(session, row, "refused", who=principal, text=why)
        detail = {"action": action, "why": why}
        await audit.record(
            session, principal, "task-decided", target=f"task:{row.id}", outcome="refused", detail=detail
        )
