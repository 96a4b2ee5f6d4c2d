"""What a document gives back: the names of its outputs."""

from engine.graph import Document


def output_names(document: Document) -> frozenset[str]:
    """Return the names of what a run gives back, those of output nodes that may be skipped included."""
    named = (node.config.get("name") for node in document.nodes if node.type == "output")
    return frozenset(document.outputs) | {name for name in named if isinstance(name, str)}
