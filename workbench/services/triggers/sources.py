"""What a workflow may follow: another one's ends, and never, around whatever corners, its own."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from engine.graph import Document
from workbench.db import triggers as queries
from workbench.db import workflows as workflow_queries
from workbench.db.tables import WorkflowRow


async def check(session: AsyncSession, workflow: WorkflowRow, document: Document) -> tuple[Problem, ...]:
    """Return what keeps the document's triggers from following the workflows that they name."""
    followed = {
        index: str(trigger.config.get("workflow"))
        for index, trigger in enumerate(document.triggers)
        if trigger.type == "workflow_end" and trigger.enabled
    }
    if not followed:
        return ()
    edges = await queries.following(session, workflow.workspace_id, besides=workflow.id)
    started = _reached(workflow.id, edges)
    problems = []
    for index, source in followed.items():
        field = f"triggers.{index}.config.workflow"
        row = await workflow_queries.get(session, source)
        if row is None:
            hint = "Choose one of your workflows; it need not be published yet."
            message = f"There is no workflow {source[:64]!r} to follow."
            problems.append(Problem(code="trigger-unknown-workflow", field=field, message=message, hint=hint))
        elif source in started:
            message = f"A run of “{row.name}” would start itself again, for ever: its end would start this "
            message += "workflow, whose end would start it."
            hint = "Follow another workflow, or repeat with a loop, which has a maximum."
            problems.append(Problem(code="trigger-circle", field=field, message=message, hint=hint))
    return tuple(problems)


def _reached(start: str, edges: Iterable[tuple[str, str]]) -> set[str]:
    """Return the workflows that the end of a run of `start` leads to, and itself."""
    after: dict[str, set[str]] = {}
    for source, target in edges:
        after.setdefault(source, set()).add(target)
    found, waiting = {start}, [start]
    while waiting:
        for target in after.get(waiting.pop(), set()) - found:
            found.add(target)
            waiting.append(target)
    return found
