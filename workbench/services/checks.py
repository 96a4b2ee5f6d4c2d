"""What keeps a document from being run: in itself, in what it calls, and in what it follows."""

import asyncio
from typing import Any

from engine import compiler
from engine.errors import Problem
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.services import subworkflows
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.triggers import sources


async def check(
    workspace_id: str, document: Document, *, workflow_id: str | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with `document`, which is that workflow's, or nobody's yet.

    What it names of other workflows counts as there only if it is there for whoever asks.
    """
    problems = await subworkflows.check(workspace_id, document, workflow_id=workflow_id)
    if not any(sources.followed(document)):
        return problems
    found = await get_resources().read(
        lambda session: sources.check(session, workspace_id, document, workflow_id=workflow_id)
    )
    return (*problems, *found)


@requires(Action.WORKFLOWS_READ)
async def examine(principal: Principal, data: Any) -> tuple[Problem, ...]:
    """Return everything that is wrong with what may be a document: its form, else its sense."""
    document, problems = await asyncio.to_thread(compiler.parse, data)
    return problems if document is None else await check(principal.workspace, document)
