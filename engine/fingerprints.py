"""Fingerprints: what a node's output was made from, as one short text, known before anything runs.

Two outputs with one fingerprint come from the same type, the same settings as written, the same run inputs
and sources with the same fingerprints; a pinned or edited value is its own. What a node is called, where it
stands and how its work is repeated or limited in time is no part of it. Pure, and linear in the document.

A source counts whether it is drawn or read by an expression. Of the run's inputs only those count that are
read, so that another input may change: an edge from an `input` node alone brings none.
"""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine import expressions, nodes
from engine.contracts import NodeRecord
from engine.graph import Document, Edge, Node

SCHEME = 2
"""Part of every fingerprint: a higher number makes all outputs of before unlike those of now."""

LENGTH = 32
"""Hexadecimal digits that are kept of a SHA-256."""

JOINS = "merge"
"""The type whose output is made of all its drawn sources, whether an expression reads them or not."""


def fingerprints(
    document: Document, inputs: Mapping[str, Any], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the fingerprint of every node that is executed, in an order in which they could run.

    `given` are the fingerprints of values that stand for a node's own output, pinned or edited: see
    `of_value`. Nodes that wait for each other have none, nor has what follows them.
    """
    return of_dependencies(Dependencies(document), inputs, given)


def of_dependencies(
    dependencies: "Dependencies", inputs: Mapping[str, Any], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the fingerprints of a document whose dependencies are known already."""
    return _Fingerprints(dependencies, inputs, given or {}).all()


def of_value(record: NodeRecord) -> str:
    """Return the fingerprint of an output that a person gave: of its value, whatever could have made it."""
    return _digest([SCHEME, "value", record.media_type, list(record.ports), record.output])


@dataclass(frozen=True)
class _Reads:
    """What a node's expressions read: other nodes, and inputs by name (`None`: all of them)."""

    nodes: frozenset[str]
    inputs: frozenset[str | None]


class Dependencies:
    """What the executed nodes of a document depend on.

    A reference from inside a container to a node outside is the container's dependency too; a container
    depends on its body. References to a container from inside it are none: they read the pass. Nodes that
    undo others stand beside the flow, and so are left out.
    """

    def __init__(self, document: Document) -> None:
        beside = {node.policy.compensate for node in document.nodes}
        self.nodes = {
            node.id: node for node in document.nodes if _is_executed(node) and node.id not in beside
        }
        self.incoming: dict[str, list[Edge]] = defaultdict(list)
        self.bodies: dict[str, list[str]] = defaultdict(list)
        for edge in document.edges:
            if edge.source in self.nodes and edge.target in self.nodes:
                self.incoming[edge.target].append(edge)
        for node in self.nodes.values():
            if node.parent in self.nodes:
                self.bodies[node.parent].append(node.id)

    @cached_property
    def reads(self) -> dict[str, _Reads]:
        """What each node's expressions read."""
        return {node_id: self._reads(node) for node_id, node in self.nodes.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The nodes, each after all that its fingerprint needs; without those in a circle."""
        needs = {
            node_id: {*self.sources[node_id], *self.reads[node_id].nodes, *self.bodies.get(node_id, ())}
            for node_id in self.nodes
        }
        return _ordered(needs)

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """The nodes of the same scope that each node waits for: drawn ones first, then those it reads."""
        found = {
            node_id: dict.fromkeys(edge.source for edge in self.incoming.get(node_id, ()))
            for node_id in self.nodes
        }
        for node_id, read in self.reads.items():
            for source in sorted(read.nodes):
                waiting = self._beside(node_id, source)
                if waiting is not None and waiting != source:
                    found[waiting][source] = None
        return {node_id: tuple(sources) for node_id, sources in found.items()}

    def container(self, node_id: str) -> str:
        """Return the outermost container around a node; the node itself when it stands in none."""
        return self.around(node_id)[-1]

    def _reads(self, node: Node) -> _Reads:
        around = set(self.around(node.id))
        read: set[str] = set()
        inputs: set[str | None] = set()
        for path in expressions.references(nodes.expressive(node.type, node.config)):
            if path[0] == "inputs":
                inputs.add(str(path[1]) if len(path) > 1 else None)
            elif path[0] == "nodes" and len(path) > 1 and path[1] in self.nodes and path[1] not in around:
                source = str(path[1])
                read.add(source)
                if self.nodes[source].type == "input":
                    inputs.add(str(path[3]) if len(path) > 3 else None)
        if node.type == "input" or (node.type == JOINS and self._joins_inputs(node.id)):
            inputs.add(None)
        return _Reads(frozenset(read), frozenset(inputs))

    def _joins_inputs(self, node_id: str) -> bool:
        return any(self.nodes[edge.source].type == "input" for edge in self.incoming.get(node_id, ()))

    def around(self, node_id: str) -> list[str]:
        """Return the node and the containers around it, the innermost first; a circle of parents ends it."""
        found: dict[str, None] = {}
        at: str | None = node_id
        while at is not None and at in self.nodes and at not in found:
            found[at] = None
            at = self.nodes[at].parent
        return list(found)

    def _beside(self, reader: str, source: str) -> str | None:
        """Return the reader, or the container around it, that stands in the same body as the source."""
        parent = self.nodes[source].parent
        return next((at for at in self.around(reader) if self.nodes[at].parent == parent), None)


class _Fingerprints:
    """The fingerprints of one document with one set of inputs."""

    def __init__(
        self, dependencies: Dependencies, inputs: Mapping[str, Any], given: Mapping[str, str]
    ) -> None:
        self._of = dependencies
        self._inputs = inputs
        self._given = given
        self._digests: dict[str | None, str] = {}
        self._found: dict[str, str] = {}

    def all(self) -> dict[str, str]:
        for node_id in self._of.order:
            self._found[node_id] = self._given.get(node_id) or self._of_node(node_id)
        return self._found

    def _of_node(self, node_id: str) -> str:
        node, read = self._of.nodes[node_id], self._of.reads[node_id]
        config, named = _nameless(node, read.nodes.union(self._of.around(node_id)))
        return _digest(
            [
                SCHEME,
                node.type,
                node.type_version,
                config,
                [[name, self._input(name)] for name in sorted(read.inputs, key=str)],
                self._drawn(node),
                [self._role(node_id, name) for name in named],
                [[source, self._source(source)] for source in sorted(read.nodes - set(named))],
                self._body(node),
            ]
        )

    def _drawn(self, node: Node) -> list[list[str]]:
        """Return the part that drawn sources play; by name only where the output has it."""
        by_name = node.type == JOINS and node.config.get("mode") == "object"
        return [
            [
                edge.source if by_name else "",
                edge.source_port,
                edge.target_port,
                self._source(edge.source),
            ]
            for edge in self._of.incoming.get(node.id, ())
        ]

    def _role(self, node_id: str, name: str) -> list[Any]:
        """Return the part that a named node plays: a source, or how far out a container around it stands."""
        around = self._of.around(node_id)
        return ["around", around.index(name)] if name in around else ["source", self._source(name)]

    def _body(self, node: Node) -> list[list[str]]:
        """Return what stands inside a container; by name only where its result has the names of several."""
        inner = self._of.bodies.get(node.id, [])
        leading = {source for name in inner for source in self._of.sources[name]}
        several = len(set(inner) - leading) > 1 and node.config.get(nodes.RESULT) in (None, "")
        return sorted([name if several else "", self._found[name]] for name in inner)

    def _source(self, source: str) -> str:
        """Return the part that a source plays; what is read of an `input` node counts as an input."""
        return "" if self._of.nodes[source].type == "input" else self._found[source]

    def _input(self, name: str | None) -> str:
        if name not in self._digests:
            missing = name is not None and name not in self._inputs
            value = dict(self._inputs) if name is None else self._inputs.get(name)
            self._digests[name] = "" if missing else _digest(value)
        return self._digests[name]


def _nameless(node: Node, known: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """Return a node's settings with numbers for the nodes that they name, and those names in that order."""
    numbers: dict[str, int] = {}

    def number(name: str) -> str:
        return f"{numbers.setdefault(name, len(numbers))}" if name in known else name

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return expressions.with_names(value, number)
        if isinstance(value, Mapping):
            return {key: without(value[key]) for key in sorted(value)}
        return [without(item) for item in value] if isinstance(value, list) else value

    return {**node.config, **without(nodes.expressive(node.type, node.config))}, list(numbers)


def _is_executed(node: Node) -> bool:
    """Say whether a run has a step for the node; one of an unknown type might have."""
    try:
        return nodes.get(node.type).executed
    except KeyError:
        return True


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _ordered(needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the names so that each comes after what it needs; without those in a circle or behind one."""
    missing = {name: len(needed) for name, needed in needs.items()}
    needed_by = defaultdict(list)
    for name, needed in needs.items():
        for other in needed:
            needed_by[other].append(name)
    ready = deque(name for name, count in missing.items() if not count)
    return tuple(_taken(ready, missing, needed_by))


def _taken(ready: deque[str], missing: dict[str, int], needed_by: Mapping[str, list[str]]) -> Iterator[str]:
    while ready:
        name = ready.popleft()
        yield name
        for other in needed_by.get(name, ()):
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
