"""Workflows: what exists, its draft as a whole, and its published versions."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import triggers, undo
from workbench.db import workflows as queries
from workbench.db.ids import new_id, now
from workbench.db.paging import Rows, decode_cursor, encode_cursor, page_size
from workbench.db.tables import VersionRow, WorkflowRow
from workbench.errors import Conflict, NotFound
from workbench.services import callers, checks, documents, examples
from workbench.services.access import requires
from workbench.services.edits import require_unique
from workbench.services.operations import Replace
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Version, WorkflowDetail, WorkflowSummary
from workbench.services.triggers import arming, schedules


@requires(Action.WORKFLOWS_READ)
async def list_workflows(
    principal: Principal, *, limit: int = 50, cursor: str | None = None, search: str = ""
) -> Page[WorkflowSummary]:
    """Return a page of workflows, newest first; `search` is a part of the name, whatever its case."""
    limit, before = page_size(limit), decode_cursor(cursor)
    wanted = search.replace("\x00", "").strip()
    rows = await get_resources().read(
        lambda session: queries.page(session, limit=limit + 1, before=before, search=wanted)
    )
    items = tuple(WorkflowSummary.model_validate(dict(row._mapping)) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_cursor(items[-1].created_at, items[-1].id) if more else None)


@requires(Action.WORKFLOWS_WRITE)
async def create_workflow(
    principal: Principal, *, document: Document, name: str | None = None
) -> WorkflowDetail:
    """Store `document` as a new workflow's draft, under `name` if given. The draft may have problems.

    A shipped example that it calls is brought along: a document names what it calls by its content alone.
    """
    require_unique(document.nodes)
    await _bring_called(principal, document)
    if name:
        document = Document.model_validate({**document.model_dump(), "name": name})
    at = now()
    row = WorkflowRow(
        id=new_id(),
        workspace_id=principal.workspace,
        created_by=principal.id,
        name=document.name,
        description=document.description,
        document=documents.dump(document),
        node_count=len(document.nodes),
        created_at=at,
        updated_at=at,
    )
    async with get_resources().transaction() as session:
        session.add(row)
    return await detail(row, document, can_undo=False, can_redo=False)


@requires(Action.WORKFLOWS_READ)
async def get_workflow(principal: Principal, workflow_id: str) -> WorkflowDetail:
    """Return the workflow with its draft."""

    async def query(session: AsyncSession) -> tuple[WorkflowRow, tuple[bool, bool]]:
        return await require(session, principal, workflow_id), await undo.possible(session, workflow_id)

    row, (can_undo, can_redo) = await get_resources().read(query)
    return await detail(row, await documents.load(row.document), can_undo=can_undo, can_redo=can_redo)


@requires(Action.WORKFLOWS_WRITE)
async def replace_draft(
    principal: Principal, workflow_id: str, *, document: Document, revision: int
) -> WorkflowDetail:
    """Put `document` in the draft's place, as one step that can be undone. Raises StaleRevision."""
    from workbench.services import drafts

    await _bring_called(principal, document)
    return await drafts.apply(principal, workflow_id, operation=Replace(document=document), revision=revision)


async def _bring_called(principal: Principal, document: Document) -> None:
    """Publish the shipped examples that `document` calls and this person does not have yet."""
    for example in await examples.called_by(document):
        async with get_resources().transaction() as session:
            known = await queries.pinned_version(
                session, workspace_id=principal.workspace, workflow_id=None, version=example.content_hash()
            )
        if known is None:
            await publish(principal, (await create_workflow(principal, document=example)).id)


@requires(Action.WORKFLOWS_DELETE)
async def delete_workflow(principal: Principal, workflow_id: str) -> None:
    """Delete the workflow, its draft and its versions; runs stay readable with the versions they ran.

    Raises Conflict while a run is in flight, and while other workflows, or runs of them, call it.
    """
    async with get_resources().transaction() as session:
        row = await require(session, principal, workflow_id, lock=True)
        if in_flight := await queries.open_runs(session, workflow_id):
            runs = "A run" if in_flight == 1 else f"{in_flight} runs"
            raise Conflict(f"{runs} of this workflow have not ended. Cancel them first, then delete it.")
        await callers.require_none(session, row)
        await triggers.disarm(session, workflow_id)
        await queries.remove(session, workflow_id)
    await schedules.tell_orphans()


@requires(Action.WORKFLOWS_READ)
async def check_draft(principal: Principal, workflow_id: str) -> tuple[Problem, ...]:
    """Return everything that keeps the draft from being run. Executes nothing."""
    row = await get_resources().read(lambda session: require(session, principal, workflow_id))
    document = await documents.load(row.document)
    return await checks.check(row.workspace_id, document, workflow_id=row.id)


@requires(Action.WORKFLOWS_PUBLISH)
async def publish(principal: Principal, workflow_id: str) -> Version:
    """Make the draft the live version and arm its triggers, instead of those of the version before.

    Raises Invalid, with all problems, when it could not run.

    Content that was published before keeps its number and becomes live again.
    """
    async with get_resources().transaction() as session:
        row = await require(session, principal, workflow_id, lock=True)
        document = await documents.load(row.document)
        problems = await checks.check(row.workspace_id, document, workflow_id=row.id)
        documents.require_none(problems, "The draft cannot be published.")
        version = await snapshot(session, principal, row, document)
        if version.number is None:
            await queries.give_number(session, version, at=now(), by=principal.id)
        row.live_version = version.number
        await arming.arm(session, row, version=int(version.number or 0), triggers=document.triggers)
        published = _version(version, row.live_version)
    await schedules.tell_workflow(workflow_id)
    return published


@requires(Action.WORKFLOWS_READ)
async def list_versions(
    principal: Principal, workflow_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[Version]:
    """Return a page of published versions, newest first."""
    limit, before = page_size(limit), decode_cursor(cursor)

    async def query(session: AsyncSession) -> tuple[WorkflowRow, Rows]:
        row = await require(session, principal, workflow_id)
        return row, await queries.published(session, workflow_id, limit=limit + 1, before=before)

    row, found = await get_resources().read(query)
    items = tuple(_version(version, row.live_version) for version in found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=items, next_cursor=encode_cursor(last.created_at, last.id) if last else None)


@requires(Action.WORKFLOWS_READ)
async def get_version(principal: Principal, workflow_id: str, *, number: int) -> tuple[Version, Document]:
    """Return the published version `number` and its document."""

    async def query(session: AsyncSession) -> tuple[WorkflowRow, VersionRow]:
        row = await require(session, principal, workflow_id)
        return row, await require_version(session, workflow_id, number)

    row, version = await get_resources().read(query)
    return _version(version, row.live_version), await documents.load(version.document)


async def require(
    session: AsyncSession,
    principal: Principal,
    workflow_id: str,
    *,
    lock: bool = False,
    keep: bool = False,
) -> WorkflowRow:
    """Return the workflow's row, or raise NotFound. The one place that decides who may see a workflow.

    Until the transaction ends, with `lock` nobody writes it, with `keep` nobody deletes it.
    """
    row = await queries.get(session, workflow_id, lock=lock, keep=keep)
    if row is None:
        raise NotFound(f"There is no workflow {workflow_id[:64]!r}.")
    return row


async def require_version(session: AsyncSession, workflow_id: str, number: int) -> VersionRow:
    """Return the published version `number`, or raise NotFound."""
    version = await queries.version_numbered(session, workflow_id, number) if number < 2**31 else None
    if version is None:
        raise NotFound(f"The workflow has no version {number}.")
    return version


async def snapshot(
    session: AsyncSession, principal: Principal, row: WorkflowRow, document: Document
) -> VersionRow:
    """Return the version that holds exactly this content, made now if there was none."""
    return await queries.store_version(
        session,
        workflow_id=row.id,
        content_hash=document.content_hash(),
        document=row.document,
        created_at=now(),
        created_by=principal.id,
    )


async def detail(row: WorkflowRow, document: Document, *, can_undo: bool, can_redo: bool) -> WorkflowDetail:
    """Return the shape of a workflow whose draft is `document`."""
    return WorkflowDetail(
        id=row.id,
        name=row.name,
        description=row.description,
        revision=row.revision,
        live_version=row.live_version,
        narrowed=row.narrowed,
        document=document,
        problems=await checks.check(row.workspace_id, document, workflow_id=row.id),
        can_undo=can_undo,
        can_redo=can_redo,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _version(row: Any, live: int | None) -> Version:
    at: datetime = row.created_at
    return Version(
        number=row.number,
        version_hash=row.content_hash,
        created_at=at,
        created_by=row.created_by,
        live=row.number == live,
    )
