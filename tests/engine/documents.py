"""Documents in as few words as a test needs."""

from typing import Any

from engine.graph import Document


def node(id: str, type: str, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a node as it stands in a document."""
    return {"id": id, "type": type, "config": config or {}, **more}


def start(id: str = "start") -> dict[str, Any]:
    """Return an input node."""
    return node(id, "input")


def transform(id: str, value: Any = 1, **more: Any) -> dict[str, Any]:
    """Return a transform node."""
    return node(id, "transform", {"value": value}, **more)


def condition(id: str, expression: str = "{{ inputs.yes }}", **more: Any) -> dict[str, Any]:
    """Return a condition node."""
    return node(id, "condition", {"expression": expression}, **more)


def http(id: str, url: str = "http://127.0.0.1/", *, policy: Any = None, **config: Any) -> dict[str, Any]:
    """Return an HTTP node; keywords are further settings."""
    return node(id, "http", {"url": url, **config}, **({"policy": policy} if policy else {}))


def merge(id: str, mode: str = "first", **config: Any) -> dict[str, Any]:
    """Return a merge node; keywords are further settings."""
    return node(id, "merge", {"mode": mode, **config})


def output(id: str, value: Any = 1, name: str | None = None) -> dict[str, Any]:
    """Return an output node, named like the node unless said otherwise."""
    return node(id, "output", {"name": name or id, "value": value})


def each(id: str, items: Any = "{{ inputs.items }}", **config: Any) -> dict[str, Any]:
    """Return a map over items."""
    return node(id, "map", {"items": items, **config})


def pages(id: str, next: str = "{{ result.next }}", **config: Any) -> dict[str, Any]:
    """Return a map over pages."""
    return node(id, "map", {"over": "pages", "next": next, **config})


def loop(id: str, until: str | None = "{{ result }}", **config: Any) -> dict[str, Any]:
    """Return a loop."""
    return node(id, "loop", {"until": until, **config})


def inside(container: str, *nodes: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return nodes that have no parent yet as those that stand in a container."""
    return tuple({"parent": container, **node} for node in nodes)


def edge(text: str) -> dict[str, str]:
    """Return the edge that `fetch > report` or `check.true > report` means."""
    source, _, target = (part.strip() for part in text.partition(">"))
    name, _, port = source.partition(".")
    return {"source": name, "source_port": port or "out", "target": target, "target_port": "in"}


def raw(*nodes: dict[str, Any], edges: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return a document as JSON has it; inputs are open unless given."""
    inputs = {"type": "object", "additionalProperties": True}
    return {
        "format": "workbench/1",
        "name": "Test",
        "inputs": inputs,
        "nodes": list(nodes),
        "edges": [edge(text) for text in edges],
        **more,
    }


def document(*nodes: dict[str, Any], edges: tuple[str, ...] = (), **more: Any) -> Document:
    """Return a document."""
    return Document.model_validate(raw(*nodes, edges=edges, **more))


def chain(length: int) -> Document:
    """Return a row of transforms, each reading the one before."""
    nodes = [transform("n0")]
    nodes += [transform(f"n{n}", f"{{{{ nodes.n{n - 1}.output }}}}") for n in range(1, length)]
    return document(*nodes, edges=tuple(f"n{n - 1} > n{n}" for n in range(1, length)))
