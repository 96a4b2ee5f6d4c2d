"""Identifiers, one NewType each, so that a run's id is never passed where a node's belongs."""

from typing import NewType
from uuid import UUID, uuid5

NodeId = NewType("NodeId", str)
"""A node's slug inside one document; expressions name it (`nodes.fetch`)."""

RunId = NewType("RunId", str)
"""A uuid7 in its canonical text form; the Temporal workflow of the run is `run-<RunId>`."""

WorkflowId = NewType("WorkflowId", str)
"""A uuid7: the editable workflow that versions and runs belong to."""

VersionHash = NewType("VersionHash", str)
"""SHA-256 (hex) of a document's canonical JSON: what a run is bound to."""

BlobRef = NewType("BlobRef", str)
"""`sha256:<hex>`: content in the blob store."""

_CHILDREN = UUID("0198f6a2-5d0e-7c3e-9b7a-3f1c52d8e641")


def workflow_id(run_id: str) -> str:
    """Return the Temporal workflow id of a run."""
    return f"run-{run_id}"


def child_run_id(run_id: str, place: str, attempt: int) -> RunId:
    """Return the id of the run that a sub-workflow node begins: the same one however often it is asked for.

    It is no uuid7, since it must follow from the node alone.
    """
    return RunId(str(uuid5(_CHILDREN, f"{run_id}:{place}:{attempt}")))
