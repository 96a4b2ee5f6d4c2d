"""Editing a draft: operations, each based on a revision, logged so that a reload does not lose the undo."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import undo as log
from workbench.db.ids import now
from workbench.db.json_text import dumps
from workbench.db.tables import DraftEditRow, WorkflowRow
from workbench.errors import Conflict, StaleRevision
from workbench.services import documents, edits, pins, workflows
from workbench.services.access import requires
from workbench.services.operations import OPERATION, Configure, Operation
from workbench.services.resources import get_resources
from workbench.services.shapes import WorkflowDetail

ONE_STEP = timedelta(seconds=3)
"""Settings of one node that change again within this time are one step to undo: typing, not decisions."""


@requires(Action.WORKFLOWS_WRITE)
async def apply(
    principal: Principal, workflow_id: str, *, operation: Operation, revision: int
) -> WorkflowDetail:
    """Apply `operation`, made on `revision`, to the draft, and log it; what was undone is forgotten.

    Raises StaleRevision when the draft has moved on and Invalid when the operation does not apply; nothing
    is stored then. A draft may have problems, which are in the result.
    """
    async with get_resources().transaction() as session:
        row = await workflows.require(session, principal, workflow_id, lock=True)
        if row.revision != revision:
            raise StaleRevision(based_on=revision, current=row.revision)
        before = await documents.load(row.document)
        after, inverse = edits.apply(before, operation)
        await pins.follow(session, workflow_id, before, operation)
        _store(row, after)
        await _log(session, principal, row, operation, inverse)
    return await workflows.detail(row, after, can_undo=True, can_redo=False)


@requires(Action.WORKFLOWS_WRITE)
async def undo(principal: Principal, workflow_id: str) -> WorkflowDetail:
    """Take the last edit back. Raises Conflict when there is none."""
    async with get_resources().transaction() as session:
        row = await workflows.require(session, principal, workflow_id, lock=True)
        edit = await log.last_done(session, workflow_id)
        if edit is None:
            raise Conflict("There is nothing to undo.")
        return await _replay(session, row, edit, OPERATION.validate_python(edit.inverse), undone=True)


@requires(Action.WORKFLOWS_WRITE)
async def redo(principal: Principal, workflow_id: str) -> WorkflowDetail:
    """Make the edit again that was undone last. Raises Conflict when there is none."""
    async with get_resources().transaction() as session:
        row = await workflows.require(session, principal, workflow_id, lock=True)
        edit = await log.first_undone(session, workflow_id)
        if edit is None:
            raise Conflict("There is nothing to redo.")
        return await _replay(session, row, edit, OPERATION.validate_python(edit.operation), undone=False)


async def _replay(
    session: AsyncSession, row: WorkflowRow, edit: DraftEditRow, operation: Operation, *, undone: bool
) -> WorkflowDetail:
    before = await documents.load(row.document)
    after, _ = edits.apply(before, operation)
    await pins.follow(session, row.id, before, operation, again=True)
    _store(row, after)
    edit.undone = undone
    await session.flush()
    can_undo, can_redo = await log.possible(session, row.id)
    return await workflows.detail(row, after, can_undo=can_undo, can_redo=can_redo)


def _store(row: WorkflowRow, document: Document) -> None:
    row.document = documents.dump(document)
    row.name = document.name
    row.description = document.description
    row.node_count = len(document.nodes)
    row.revision += 1
    row.updated_at = now()


async def _log(
    session: AsyncSession, principal: Principal, row: WorkflowRow, operation: Operation, inverse: Operation
) -> None:
    await session.flush()
    done, back = operation.model_dump(mode="json"), inverse.model_dump(mode="json")
    last = await log.last_done(session, row.id)
    if last is not None and last.author == principal.id and _continues(last, operation, row):
        await log.merge(session, last, operation=done, revision=row.revision, at=row.updated_at)
        return
    edit = DraftEditRow(
        workflow_id=row.id,
        seq=0,
        revision=row.revision,
        operation=done,
        inverse=back,
        size=len(dumps(done)) + len(dumps(back)),
        author=principal.id,
        at=row.updated_at,
    )
    await log.append(session, edit)


def _continues(last: DraftEditRow, operation: Operation, row: WorkflowRow) -> bool:
    """Return whether `operation` goes on with what `last` began: same node, same fields, right after it."""
    if not isinstance(operation, Configure) or last.operation["op"] != "configure":
        return False
    before = Configure.model_validate(last.operation)
    if before.id != operation.id or last.revision != row.revision - 1:
        return False
    return _given(before) == _given(operation) and row.updated_at - last.at <= ONE_STEP


def _given(operation: Configure) -> set[str]:
    config = operation.config or {}
    fields = {field for field in ("title", "policy") if getattr(operation, field) is not None}
    return fields | {f"config.{name}" for name in config}
