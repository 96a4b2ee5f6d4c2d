"""From what the database and the engine hold of a run to the shapes that watchers and readers get."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.contracts import NodeRecord
from workbench.services.shapes import NodeRun, RunDetail, RunSummary


def summary(row: Any) -> RunSummary:
    """Return the shape of a run in a list. `row` has the columns of `runs` as attributes."""
    return RunSummary.model_validate(_fields(row))


def detail(row: Any, nodes: tuple[NodeRun, ...]) -> RunDetail:
    """Return the whole shape of a run."""
    values = {"inputs": row.inputs, "outputs": row.outputs, "budget": row.budget, "calls": bool(row.may_call)}
    return RunDetail.model_validate({**_fields(row), **values, "nodes": nodes})


def node_run(row: Any) -> NodeRun:
    """Return the shape of a node's row."""
    return NodeRun(
        node_id=row.node_id,
        scope=row.scope,
        status=row.status,
        attempt=row.attempt,
        started_at=row.started_at,
        finished_at=row.finished_at,
        duration_ms=duration_ms(row.started_at, row.finished_at),
        port=_first(row.ports),
        ports=tuple(row.ports),
        media_type=row.media_type,
        preview=row.preview,
        output_bytes=row.output_bytes,
        error=row.error,
        tally=row.tally,
        decision=row.decision,
        origin=getattr(row, "origin", None),
    )


def recorded(record: NodeRecord, *, started_at: datetime | None, preview: str, output_bytes: int) -> NodeRun:
    """Return the shape of a node as it was just written."""
    return NodeRun(
        node_id=record.node_id,
        scope=record.scope,
        status=record.status,
        attempt=record.attempt,
        started_at=started_at,
        finished_at=record.finished_at,
        duration_ms=duration_ms(started_at, record.finished_at),
        port=_first(record.ports),
        ports=record.ports,
        media_type=record.media_type,
        preview=preview,
        output_bytes=output_bytes,
        error=record.error,
        tally=record.tally,
        decision=record.decision,
        origin=record.origin,
    )


def _first(ports: Sequence[str]) -> str | None:
    return ports[0] if ports else None


def duration_ms(started_at: datetime | None, finished_at: datetime | None) -> float | None:
    """Return the time between, in milliseconds; None while it has not ended."""
    if started_at is None or finished_at is None:
        return None
    return round((finished_at - started_at).total_seconds() * 1_000, 3)


def _fields(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": row.workflow_id,
        "workflow_name": row.workflow_name,
        "version": row.version_number,
        "version_hash": row.version_hash,
        "test": row.test,
        "status": row.status,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "started_by": row.started_by,
        "error": row.error,
        "priority": row.priority,
        "deadline_at": row.deadline_at,
        "labels": row.labels,
        "trigger": {"type": row.trigger_type, "id": row.trigger_id, "run_id": row.trigger_run_id},
        "parent": {"run_id": row.parent_run_id, "place": row.parent_place} if row.parent_run_id else None,
    }
