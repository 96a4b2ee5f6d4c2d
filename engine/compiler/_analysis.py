"""Everything that is known about a document before it runs, found in one pass over nodes and edges."""

from dataclasses import dataclass, field

from engine.compiler._branches import Branches, branches, excluded
from engine.compiler._compensations import check_compensations
from engine.compiler._containers import Tree, check_containers
from engine.compiler._edges import check_edges
from engine.compiler._inputs import check_inputs
from engine.compiler._nodes import CheckedNode, check_node, read_expressions
from engine.compiler._order import cycles, topological
from engine.compiler._outputs import check_output_schema
from engine.compiler._problems import Problems
from engine.compiler._references import NO_RETURNS, Reader, References, Returns
from engine.compiler._triggers import check_triggers
from engine.contracts import Incoming
from engine.errors import Problem
from engine.expressions import Path
from engine.graph import Document

Use = tuple[str, str, Path]
"""A reference: the node that reads, the field, and what is read."""


@dataclass
class Analysis:
    """What the compiler found: `problems` to show, and the rest to make a plan of when there are none.

    `incoming` are the drawn edges by target, `implied` the sources that a node only refers to, `order` the
    executed nodes in topological order (without those in a circle). A node that refers out of its container
    makes the container wait, so both are by target among nodes of one container; `tree` says which stand in
    it. `compensations` are the nodes that undo others, by the node which each undoes.
    """

    problems: tuple[Problem, ...] = ()
    checked: dict[str, CheckedNode] = field(default_factory=dict)
    incoming: dict[str, list[Incoming]] = field(default_factory=dict)
    implied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    tree: Tree = field(default_factory=Tree)
    compensations: dict[str, str] = field(default_factory=dict)


def analyse(document: Document, returns: Returns = NO_RETURNS) -> Analysis:
    """Return the analysis of a document; linear in its size. `returns` is known of its sub-workflows."""
    return _Analyser(document, returns).analysis()


class _Analyser:
    """Collects the parts of one analysis."""

    def __init__(self, document: Document, returns: Returns) -> None:
        self.document = document
        self.returns = returns
        self.problems = Problems()
        self.ids = frozenset(node.id for node in document.nodes)
        self.checked: dict[str, CheckedNode] = {}
        self.incoming: dict[str, list[Incoming]] = {}
        self.tree = Tree()
        self.referred: dict[str, dict[str, list[Use]]] = {}

    def analysis(self) -> Analysis:
        """Check everything; the order of the steps is the order in which problems are listed."""
        usable = check_inputs(self.document.inputs, self.problems)
        self._check_nodes()
        self.tree = check_containers(self.document.nodes, self.checked, self.ids, self.problems)
        self.incoming = check_edges(
            self.document.edges, self.ids, self.checked, self.tree.parents, self.problems
        )
        references = References(
            self.document.inputs if usable else None,
            self.ids,
            self.checked,
            self.tree,
            self.returns,
            self.problems,
        )
        self._check_references(references)
        self._check_outputs(references)
        check_output_schema(self.document, self.problems)
        compensations = check_compensations(self.document, self.checked, self.referred, self.problems)
        check_triggers(self.document, inputs_usable=usable, problems=self.problems)
        drawn = {target: {edge.source for edge in edges} for target, edges in self.incoming.items()}
        implied = {
            target: tuple(source for source in read if source not in drawn.get(target, ()))
            for target, read in self.referred.items()
        }
        order = self._order(
            {node_id: {*drawn.get(node_id, ()), *implied.get(node_id, ())} for node_id in self.ids}
        )
        return Analysis(
            problems=tuple(self.problems.found),
            checked=self.checked,
            incoming=self.incoming,
            implied={target: sources for target, sources in implied.items() if sources},
            order=order,
            tree=self.tree,
            compensations=compensations,
        )

    def _check_nodes(self) -> None:
        for node in self.document.nodes:
            if node.id in self.checked:
                message = f"Two nodes have the id “{node.id}”."
                hint = "Give one of them another id; expressions and edges name nodes by it."
                self.problems.add("duplicate-node-id", message, node=node.id, field="id", hint=hint)
            checked = check_node(node, self.problems)
            if checked is not None:
                self.checked.setdefault(node.id, checked)

    def _check_references(self, references: References) -> None:
        for node_id, checked in self.checked.items():
            parent = self.tree.parents.get(node_id)
            inside = checked.type.container.inside if checked.type.container else ()
            for setting, read in checked.reads.items():
                home = node_id if setting in inside else parent
                for field_path, path in read:
                    reader = Reader(field_path, node_id, setting, checked.type.secret_fields, home)
                    wait = references.wait(path, reader)
                    if wait is not None:
                        source, target = wait
                        uses = self.referred.setdefault(target, {}).setdefault(source, [])
                        uses.append((node_id, field_path, path))

    def _check_outputs(self, references: References) -> None:
        reads = read_expressions(self.document.outputs, "outputs", self.problems)
        for setting, read in reads.items():
            for field_path, path in read:
                references.wait(path, Reader(field_path, None, setting))
        names = {name: f"outputs.{name}" for name in self.document.outputs}
        for node_id, checked in self.checked.items():
            name = getattr(checked.config, "name", None) if checked.node.type == "output" else None
            if isinstance(name, str) and names.setdefault(name, node_id) != node_id:
                message = f"There are two outputs “{name}”."
                hint = f"Give one of them another name; the other is {names[name]}."
                self.problems.add("duplicate-output", message, node=node_id, field="config.name", hint=hint)

    def _order(self, sources: dict[str, set[str]]) -> tuple[str, ...]:
        executed = [node_id for node_id, node in self.checked.items() if node.type.executed]
        ids = list(dict.fromkeys(node.id for node in self.document.nodes))
        order, circling = topological(ids, sources)
        if circling:
            self._name_cycles([node_id for node_id in ids if node_id in circling], sources)
        forks = frozenset(node_id for node_id in executed if self.checked[node_id].forks)
        if forks:
            self._check_branches(branches(order, self.incoming, forks))
        runnable = set(executed)
        return tuple(node_id for node_id in order if node_id in runnable)

    def _name_cycles(self, circling: list[str], sources: dict[str, set[str]]) -> None:
        for cycle in cycles(circling, sources):
            shown = [*cycle, cycle[0]] if len(cycle) <= 10 else [*cycle[:9], "…", cycle[0]]
            reading = self._reading_edge(cycle)
            self.problems.add(
                "cycle",
                f"These nodes wait for each other: {' → '.join(shown)}.",
                node=reading[0] if reading else cycle[0],
                field=reading[1] if reading else None,
                hint="Remove one of the connections, or the reference to a node further on.",
            )

    def _reading_edge(self, cycle: list[str]) -> tuple[str, str] | None:
        """Return (node, field) of the first link in a cycle that is a reference, not a drawn edge."""
        for source, target in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            if all(edge.source != source for edge in self.incoming.get(target, ())):
                return self.referred[target][source][0][:2]
        return None

    def _check_branches(self, found: dict[str, Branches]) -> None:
        for target, read in self.referred.items():
            own = found.get(target)
            if not own:
                continue
            ports = dict(own)
            for source, uses in read.items():
                theirs = found.get(source, frozenset())
                if theirs <= own and ports.get(source, "out") == "out":  # before it, on the same way
                    continue
                apart = excluded(ports, theirs | self._output_branch(source))
                for node_id, field_path, path in uses if apart else ():
                    if apart and (len(path) < 3 or path[2] == "output"):
                        self._impossible(node_id, field_path, source, apart)

    def _output_branch(self, source: str) -> Branches:
        """Return how a node is left when it has an output: not by its error port, where it has one."""
        ports = {port.name for port in self.checked[source].outputs} if source in self.checked else set()
        return frozenset({(source, "out")}) if "error" in ports else frozenset()

    def _impossible(self, node_id: str, field_path: str, source: str, apart: tuple[str, str, str]) -> None:
        fork, port, other = apart
        what = f"“{source}” is only run when “{fork}” leaves by “{other}”"
        if fork == source:
            what = f"“{source}” has an output only when it leaves by “{other}”"
        self.problems.add(
            "impossible-reference",
            f"{what}, and “{node_id}” when it leaves by “{port}”: there is nothing to read.",
            node=node_id,
            field=field_path,
            hint="Read it behind a merge, or move the node to the other branch.",
        )
