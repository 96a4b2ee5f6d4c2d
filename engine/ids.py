"""Identifiers, one NewType each, so that a run's id is never passed where a node's belongs."""

from typing import NewType

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
