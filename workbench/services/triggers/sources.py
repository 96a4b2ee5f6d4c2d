"""What a workflow may follow: another one's ends, and never, around whatever corners, its own."""

from collections.abc import Iterable, Iterator

from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from engine.graph import Document
from workbench.db import triggers as queries
from workbench.db import workflows as workflow_queries


def followed(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the places of the triggers that follow a workflow, and its id; not those that name none yet."""
    for index, trigger in enumerate(document.triggers):
        source = trigger.config.get("workflow")
        if trigger.type == "workflow_end" and trigger.enabled and source:
            yield index, str(source)


async def check(
    session: AsyncSession, workspace_id: str, document: Document, *, workflow_id: str | None = None
) -> tuple[Problem, ...]:
    """Return what keeps the triggers of a document, of that workflow, from following what they name."""
    own = workflow_id or ""
    started = _reached(own, await queries.following(session, workspace_id, besides=own))
    problems = []
    for index, source in followed(document):
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
