"""Everything that is known about a document before it runs, found in one pass over nodes and edges."""

from dataclasses import dataclass, field

from pydantic import ValidationError

from engine import expressions, nodes
from engine.contracts import Incoming
from engine.errors import ExpressionError, Problem
from engine.graph import Document, Node
from engine.nodes import NodeConfig, NodeType


@dataclass
class Checked:
    node: Node
    type: NodeType
    config: NodeConfig
    reads: dict[str, frozenset[str]]


@dataclass
class Analysis:
    problems: tuple[Problem, ...] = ()
    checked: dict[str, Checked] = field(default_factory=dict)
    incoming: dict[str, list[Incoming]] = field(default_factory=dict)
    implied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()


def analyse(document: Document) -> Analysis:
    problems: list[Problem] = []
    result = Analysis()
    ids = {node.id for node in document.nodes}
    for node in document.nodes:
        try:
            node_type = nodes.get(node.type)
            config = node_type.config.model_validate(node.config)
        except KeyError as error:
            problems.append(
                Problem(code="unknown-node-type", node=node.id, field="type", message=str(error.args[0]))
            )
            continue
        except ValidationError as error:
            problems += [
                Problem(
                    code="bad-config",
                    node=node.id,
                    field=".".join(map(str, ("config", *e["loc"]))),
                    message=e["msg"],
                )
                for e in error.errors()
            ]
            continue
        reads = {}
        if node_type.executed:
            for name, value in config:
                try:
                    reads[name] = expressions.references(value)
                except ExpressionError as error:
                    problems.append(
                        Problem(
                            code="bad-expression", node=node.id, field=f"config.{name}", message=str(error)
                        )
                    )
        result.checked[node.id] = Checked(node, node_type, config, reads)
    drawn: dict[str, set[str]] = {}
    for edge in document.edges:
        if edge.source not in ids or edge.target not in ids:
            problems.append(Problem(code="unknown-node", message=f"edge {edge.source} → {edge.target}"))
            continue
        result.incoming.setdefault(edge.target, []).append(
            Incoming(source=edge.source, port=edge.source_port)
        )
        drawn.setdefault(edge.target, set()).add(edge.source)
    for node_id, checked in result.checked.items():
        sources = {
            name.split(".")[1]
            for names in checked.reads.values()
            for name in names
            if name.startswith("nodes.")
        }
        for missing in sorted(sources - ids):
            problems.append(
                Problem(code="unknown-node", node=node_id, message=f"There is no node {missing}.")
            )
        result.implied[node_id] = tuple(sorted((sources & ids) - drawn.get(node_id, set()) - {node_id}))
    waiting = {i: {*drawn.get(i, ()), *result.implied[i]} for i in result.checked}
    order: list[str] = []
    while waiting:
        ready = [i for i, s in waiting.items() if not s & waiting.keys()]
        if not ready:
            problems.append(Problem(code="cycle", message="Cycle: " + ", ".join(waiting)))
            break
        order += ready
        for i in ready:
            del waiting[i]
    result.order = tuple(order)
    result.problems = tuple(problems)
    return result
