"""Queries about what runs begin with: outputs of older runs that still hold, pinned values, settled nodes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, delete, inspect, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.base import columns_of
from workbench.db.json_text import dump_text
from workbench.db.paging import Rows
from workbench.db.tables import NodeRunRow, PinRow, RunRow, SeedRow

LATEST_RUNS = 50
"""Outputs are looked for in so many test runs of a workflow: the cost does not grow with its age."""

_KEPT = [
    column.name for column in inspect(NodeRunRow).columns if column.name not in ("run_id", "change", "origin")
]

_KNOWN = """
WITH latest AS (
  SELECT r.id, s.fingerprints FROM runs r JOIN run_seeds s ON s.run_id = r.id
  WHERE r.workflow_id = :workflow_id AND r.started_by = :owner AND r.test AND s.fingerprints IS NOT NULL
  ORDER BY r.created_at DESC, r.id DESC LIMIT {latest}
), present AS MATERIALIZED (
  SELECT CAST(:present AS jsonb) AS known, CAST(:names AS jsonb) AS names
), standing AS (
  SELECT l.id AS run_id, f.key AS held_as, f.value AS fingerprint, p.known,
    CASE WHEN p.known ->> f.key IS NULL THEN p.names ->> f.value ELSE f.key END AS called
  FROM latest l CROSS JOIN present p CROSS JOIN LATERAL jsonb_each_text(l.fingerprints) f
), made AS (
  SELECT n.*, s.called, n.run_id AS held_by, s.held_as, coalesce(n.origin ->> 'run_id', n.run_id) AS made_by,
    coalesce(n.origin ->> 'node_id', n.node_id) AS made_as, s.fingerprint = s.known ->> s.called AS unchanged
  FROM standing s JOIN node_runs n ON n.run_id = s.run_id AND n.scope = '' AND n.node_id = s.held_as
  WHERE s.called IS NOT NULL AND n.status IN ('succeeded', 'skipped')
    AND coalesce(n.origin ->> 'kind', 'reused') = 'reused'
)
SELECT DISTINCT ON (n.called) {shown}, n.origin, n.called, n.held_by, n.held_as, n.made_by, n.made_as,
  n.unchanged
FROM made n
ORDER BY n.called, n.unchanged DESC, n.held_as = n.called DESC, n.made_by DESC, n.held_by DESC
"""

_COPY_NODES = """
INSERT INTO node_runs (run_id, {kept}, change, origin)
SELECT :run_id, {given}, nextval('run_changes'),
  CASE WHEN coalesce(n.origin ->> 'node_id', n.node_id) = w.called THEN
    coalesce(n.origin, json_build_object('kind', 'reused', 'run_id', n.run_id))
  ELSE json_build_object('kind', 'reused', 'run_id', coalesce(n.origin ->> 'run_id', n.run_id),
    'node_id', coalesce(n.origin ->> 'node_id', n.node_id)) END
FROM unnest(CAST(:called AS text[]), CAST(:held_by AS text[]), CAST(:held_as AS text[]))
  AS w(called, held_by, held_as)
JOIN node_runs n ON n.run_id = w.held_by AND n.scope = '' AND n.node_id = w.held_as
"""

_COPY_PINS = """
INSERT INTO node_runs (run_id, scope, node_id, status, attempt, change, finished_at, ports, media_type,
  preview, output, output_blob, output_bytes, origin)
SELECT r.id, '', p.node_id, 'succeeded', 1, nextval('run_changes'), r.created_at, p.ports, p.media_type,
  p.preview, p.output, p.output_blob, p.output_bytes,
  json_build_object('kind', 'pinned', 'run_id', p.run_id)
FROM pins p JOIN runs r ON r.id = :run_id
WHERE p.workflow_id = :workflow_id AND p.node_id = ANY(:node_ids)
"""


def _statement(template: str) -> TextClause:
    """Return a statement with the columns of a node's row, and the number of runs, filled in."""
    given = [f"n.{name}" if name != "node_id" else "w.called" for name in _KEPT]
    shown = [f"n.{name}" for name in _KEPT if name != "output"]
    return text(
        template.format(
            latest=LATEST_RUNS, kept=", ".join(_KEPT), given=", ".join(given), shown=", ".join(shown)
        )
    )


async def known(session: AsyncSession, *, workflow_id: str, owner: str, present: Mapping[str, str]) -> Rows:
    """Return each node's latest outcome in test runs, one of the `present` fingerprint where there is one.

    Rows have a node's columns without its output, and `called` (its present id), `held_by` (a run that has
    it), `made_by` (the run that made it), `held_as` and `made_as` (its ids there), and `unchanged`. What has
    another id now is known by its fingerprint.
    """
    names = {fingerprint: name for name, fingerprint in present.items()}
    values = {
        "workflow_id": workflow_id,
        "owner": owner,
        "present": dump_text(dict(present)),
        "names": dump_text(names),
    }
    return (await session.execute(_statement(_KNOWN), values)).all()


async def latest_inputs(session: AsyncSession, *, workflow_id: str, owner: str) -> dict[str, Any] | None:
    """Return the inputs of the latest test run of a workflow; None when there was none."""
    query = (
        select(col(RunRow.inputs))
        .where(col(RunRow.workflow_id) == workflow_id, col(RunRow.started_by) == owner, col(RunRow.test))
        .order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def pins(session: AsyncSession, workflow_id: str) -> Rows:
    """Return the pins of a draft without their values."""
    shown = columns_of(PinRow, without=("output",))
    query = select(*shown).where(col(PinRow.workflow_id) == workflow_id).order_by(col(PinRow.node_id))
    return (await session.execute(query)).all()


async def pin(session: AsyncSession, workflow_id: str, node_id: str) -> PinRow | None:
    """Return a pin with its value."""
    return await session.get(PinRow, (workflow_id, node_id)) if "\x00" not in node_id else None


async def put_pin(session: AsyncSession, row: PinRow) -> None:
    """Store a pin in the place of what the node had."""
    values = row.model_dump()
    changed = {name: value for name, value in values.items() if name not in ("workflow_id", "node_id")}
    statement = insert(PinRow).values(values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["workflow_id", "node_id"], set_=changed)
    )


async def remove_pin(session: AsyncSession, workflow_id: str, node_id: str) -> None:
    """Forget a pin, if there is one."""
    here = (col(PinRow.workflow_id) == workflow_id, col(PinRow.node_id) == node_id.replace("\x00", ""))
    await session.execute(delete(PinRow).where(*here))


async def remove_pins(session: AsyncSession, workflow_id: str, node_ids: Collection[str]) -> None:
    """Forget the pins of several ids, as far as there are any."""
    here = (col(PinRow.workflow_id) == workflow_id, col(PinRow.node_id).in_(node_ids))
    await session.execute(delete(PinRow).where(*here))


async def swap_pins(session: AsyncSession, workflow_id: str, one: str, other: str) -> None:
    """Let two ids exchange their pins: the second may be that of a deleted node, which undo brings back."""
    for before, after in ((one, ""), (other, one), ("", other)):  # no node's id is empty
        here = (col(PinRow.workflow_id) == workflow_id, col(PinRow.node_id) == before)
        await session.execute(update(PinRow).where(*here).values(node_id=after))


async def put(session: AsyncSession, row: SeedRow) -> None:
    """Store what a run begins with."""
    session.add(row)
    await session.flush()


async def get(session: AsyncSession, run_id: str) -> SeedRow | None:
    """Return what a run begins with, if that was said."""
    return await session.get(SeedRow, run_id)


async def copy_nodes(session: AsyncSession, run_id: str, held: Mapping[str, tuple[str, str]]) -> None:
    """Settle nodes of a new run as they stand in older ones: `held` are those runs, and the ids there."""
    values = {
        "run_id": run_id,
        "called": list(held),
        "held_by": [run for run, _ in held.values()],
        "held_as": [name for _, name in held.values()],
    }
    await _write(session, _statement(_COPY_NODES), values, bool(held))


async def copy_pins(session: AsyncSession, run_id: str, workflow_id: str, node_ids: Collection[str]) -> None:
    """Settle nodes of a new run with the values that are pinned to them."""
    values = {"run_id": run_id, "workflow_id": workflow_id, "node_ids": sorted(node_ids)}
    await _write(session, text(_COPY_PINS), values, bool(node_ids))


async def settled_beforehand(session: AsyncSession, run_id: str) -> Sequence[NodeRunRow]:
    """Return the nodes that were settled when the run began, with their outputs."""
    query = select(NodeRunRow).where(col(NodeRunRow.run_id) == run_id, col(NodeRunRow.origin).is_not(None))
    return (await session.execute(query)).scalars().all()


async def _write(session: AsyncSession, statement: TextClause, values: dict[str, Any], wanted: bool) -> None:
    if wanted:
        await session.execute(statement, values)
