"""Rebuilding what the rows should hold of runs from Temporal's history, which is the truth.

Only what is missing or behind is written: a settled node or run is left as it is, and so is one that is under
way. On a healthy database nothing changes. A run that Temporal no longer keeps cannot be rebuilt, nor one
whose document is not in the database.
"""

from collections.abc import Mapping

import structlog
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from engine import replay
from engine.client import EngineClient
from engine.contracts import TERMINAL, NodeRecord, RecordBatch, RunRecord, RunRequest
from workbench.auth.principal import DEFAULT_WORKSPACE, Principal
from workbench.auth.roles import Action
from workbench.db import lost_runs
from workbench.db import runs as queries
from workbench.db.ids import is_id, now
from workbench.db.tables import RunRow
from workbench.errors import Invalid, Unavailable
from workbench.services.access import everywhere, requires
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources, get_resources
from workbench.services.runs import require
from workbench.services.shapes import Repaired, RunRepair

log = structlog.get_logger(__name__)

AT_ONCE = 20
"""Runs of one call: replaying one takes as long as its interpreter took, without the waiting."""


@requires(Action.RUNS_REPAIR)
async def repair_page(principal: Principal, cursor: str | None = None) -> Repaired:
    """Rebuild the next runs that Temporal knows, from the latest on; `next_cursor` is None at the end."""
    with everywhere():
        return await _page(cursor)


async def _page(cursor: str | None) -> Repaired:
    temporal = await get_resources().temporal()
    try:
        found, following = await temporal.list_runs(limit=AT_ONCE, cursor=_token(cursor))
    except RPCError as error:
        raise Unavailable(f"Temporal cannot list its runs: {error}") from error
    repairs = [await _repair(temporal, run_id) for run_id in found if is_id(run_id)]
    worth_telling = tuple(repair for repair in repairs if repair.changed or repair.problem)
    return Repaired(
        looked_at=len(repairs), runs=worth_telling, next_cursor=following.hex() if following else None
    )


@requires(Action.RUNS_REPAIR)
async def repair_run(principal: Principal, run_id: str) -> RunRepair:
    """Rebuild one run. Raises NotFound when neither the rows nor Temporal know it."""
    with everywhere():  # its row may be missing, and with it the knowledge of its workspace
        repair = await _repair(await get_resources().temporal(), run_id)
        await get_resources().read(lambda session: require(session, principal, run_id))
    return repair


async def _repair(temporal: EngineClient, run_id: str) -> RunRepair:
    """Return what was mended of a run; what keeps it from being mended is a part of that."""
    try:
        account = await replay.account_of(temporal.temporal, run_id)
    except (TemporalError, OSError, KeyError) as error:
        return RunRepair(run_id=run_id, problem=f"Its history cannot be read: {error}")
    if account.request is None:
        return RunRepair(run_id=run_id, problem="Temporal no longer keeps its history.")
    repair = await _mend(get_resources(), account, account.request)
    if account.fault:
        return repair.model_copy(update={"problem": f"Its history cannot be followed: {account.fault}"})
    return repair


async def _mend(resources: Resources, account: replay.Account, request: RunRequest) -> RunRepair:
    run_id = request.run_id
    async with resources.transaction() as session:
        row = await queries.get(session, run_id)
        known = {} if row is None else await queries.statuses(session, run_id)
        made = row is None
        row = row or await lost_runs.restore(
            session, request, at=account.begun_at or now(), orphans=DEFAULT_WORKSPACE
        )
    if row is None:
        return RunRepair(run_id=run_id, problem="Its document is not in the database any more.")
    nodes = tuple(node for record in account.nodes.values() if (node := _missing(record, row, known)))
    run = _news(account.run, row)
    if nodes or run:
        await PostgresRunSink(resources).record(RecordBatch(run_id=run_id, nodes=nodes, run=run))
        log.warning("repair.mended", run_id=run_id, nodes=len(nodes), made=made)
    return RunRepair(run_id=run_id, nodes=len(nodes), run=made or run is not None)


def _missing(record: NodeRecord, row: RunRow, known: Mapping[tuple[str, str], str]) -> NodeRecord | None:
    """Return what to write of a node: nothing where its row is there and not behind."""
    status = known.get((record.scope, record.node_id))
    if status in TERMINAL or (status is not None and record.status not in TERMINAL):
        return None
    if record.status not in TERMINAL and row.status in queries.SETTLED:  # it ended with its run
        return record.model_copy(update={"status": "cancelled", "finished_at": row.finished_at})
    return record


def _news(record: RunRecord | None, row: RunRow) -> RunRecord | None:
    """Return what to write of the run itself: nothing where its row has ended or says the same."""
    if record is None or row.status in queries.SETTLED or record.status == row.status:
        return None
    return record


def _token(cursor: str | None) -> bytes | None:
    try:
        return bytes.fromhex(cursor) if cursor else None
    except ValueError as error:
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.") from error
