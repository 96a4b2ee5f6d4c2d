"""Checking what expressions read against what the document has, and deriving dependencies from it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.compiler._containers import Tree
from engine.compiler._inputs import known_inputs
from engine.compiler._nodes import CheckedNode
from engine.compiler._outputs import part_at
from engine.compiler._problems import Problems
from engine.expressions import PASS_NAMES, Path, did_you_mean
from engine.nodes import RESULT

RESULTS = frozenset({"output", "status", "error"})
RUN_FIELDS = frozenset({"id", "started_at"})
_WHERE = {
    "item": "Nodes in a map read the item of their pass as item.",
    "index": "Nodes in a map or a loop read the number of their pass as index.",
    "last": "Nodes in a loop read the result of the pass before as last.",
    "result": "The next of a map and the until of a loop read the result of the pass that has ended.",
}
Returns = Mapping[str, Mapping[str, Any]]
"""Schemas of what sub-workflows give back, by the nodes that call them, as far as they are known."""

NO_RETURNS: Returns = {}
SUGGESTIONS = 20
"""Unknown nodes for which a similar one is looked up; among thousands of nodes that takes long."""


class Reader(NamedTuple):
    """Where an expression stands: in a setting of a node, or (`node` None) in an output of the document.

    `home` is the container in whose passes it is evaluated, None for what is evaluated at the top.
    """

    field: str
    node: str | None = None
    setting: str = ""
    secret_fields: frozenset[str] = frozenset()
    home: str | None = None


class References:
    """What a document's expressions may read."""

    def __init__(
        self,
        inputs: Mapping[str, Any] | None,
        ids: frozenset[str],
        checked: Mapping[str, CheckedNode],
        tree: Tree,
        returns: Returns,
        problems: Problems,
    ) -> None:
        """`inputs` is the schema, None when it is unusable; `ids` are those of all nodes, known or not."""
        self._inputs = None if inputs is None else known_inputs(inputs)
        self._ids = ids
        self._checked = checked
        self._tree = tree
        self._returns = returns
        self._notes = {node_id for node_id, node in checked.items() if not node.type.executed}
        self._problems = problems
        self._suggested = 0

    def wait(self, path: Path, reader: Reader) -> tuple[str, str] | None:
        """Add what is wrong with a path; return (source, target) when it makes one node wait for another.

        The target is the reader or, when the source stands outside of a container that it is in, that
        container.
        """
        match path[0]:
            case "nodes":
                return self._node(path, reader)
            case "inputs":
                self._check_input(path, reader)
            case "run":
                self._check_run(path, reader)
            case "secrets":
                self._check_secret(path, reader)
            case "trigger" | "outputs" as name:
                hint = "What a trigger brings comes as an input." if name == "trigger" else ""
                self._add("unknown-name", f"There is no “{name}” here.", reader, hint)
            case _:
                self._check_name(str(path[0]), reader)
        return None

    def _add(self, code: str, message: str, reader: Reader, hint: str = "") -> None:
        self._problems.add(code, message, node=reader.node, field=reader.field, hint=hint)

    def _node(self, path: Path, reader: Reader) -> tuple[str, str] | None:
        if len(path) == 1:
            self._add(
                "vague-reference", "“nodes” is read without naming a node.", reader, "Write nodes.ID.output."
            )
            return None
        name = str(path[1])
        if name not in self._ids:
            hint = did_you_mean(name, self._ids) if self._suggested < SUGGESTIONS else ""
            self._suggested += 1
            self._add("unknown-reference", f"There is no node “{name}”.", reader, hint)
        elif name == reader.node and name != reader.home:
            self._add("reference-to-self", f"“{name}” reads its own result.", reader)
        elif name in self._notes:
            self._add("reference-to-note", f"“{name}” is a note; it has no result.", reader)
        else:
            return self._reached(name, path, reader)
        return None

    def _reached(self, name: str, path: Path, reader: Reader) -> tuple[str, str] | None:
        """Note out of which containers a node is read; return (source, target) when one has to wait."""
        ways = self._tree.reach(name, reader.home)
        if ways is None:
            self._closed(name, reader)
            return None
        for container in ways:
            self._tree.outer.setdefault(container, {})[name] = None
        if name in ways:
            self._check_own(name, path, reader)
            return None
        self._check_result(name, path, reader)
        target = ways[-1] if ways else reader.node
        return None if target is None or (not ways and target == reader.home) else (name, target)

    def _closed(self, name: str, reader: Reader) -> None:
        container = self._tree.closed(name, reader.home)
        outside = self._tree.parents.get(container) == reader.home
        self._add(
            "reference-into-container" if outside else "reference-into-sibling",
            f"“{name}” stands in “{container}” and can be read only there.",
            reader,
            f"Read nodes.{container}.output, or move the node that reads into “{container}”.",
        )

    def _check_own(self, name: str, path: Path, reader: Reader) -> None:
        """Check what is read of a container from inside it."""
        container = self._checked[name].type.container
        names = container.names if container else ()
        if len(path) < 3 or path[2] not in names:
            self._add(
                "reference-to-own-container",
                f"“{name}” has no result yet while the nodes in it run.",
                reader,
                "Inside it, read " + " or ".join(f"nodes.{name}.{own}" for own in names) + ".",
            )

    def _check_name(self, name: str, reader: Reader) -> None:
        """Check one of the names that are there only in a pass."""
        around = self._tree.around(reader.home)
        container = self._checked[around[0]].type.container if around else None
        names = container.names if container else ()
        closing = container is not None and reader.node == reader.home and reader.setting in container.closing
        if name in names or (name == RESULT and closing) or self._is_astray(reader):
            return
        self._add(
            "name-not-here", f"There is no “{name}” here.", reader, self._hint(name, reader, around[1:])
        )

    def _is_astray(self, reader: Reader) -> bool:
        return reader.node is not None and self._tree.is_astray(reader.node)

    def _hint(self, name: str, reader: Reader, further: list[str]) -> str:
        """Return where a name can be read; `further` are the containers around the innermost one."""
        if name == RESULT:
            return _WHERE[name]
        for outer in further:
            container = self._checked[outer].type.container
            if container and name in container.names:
                return f"That of “{outer}” is nodes.{outer}.{name}."
        own = self._checked[reader.node].type.container if reader.node else None
        if own and name in own.names:
            return f"“{reader.setting}” is evaluated before the first pass. {_WHERE[name]}"
        return _WHERE[name]

    def _check_result(self, name: str, path: Path, reader: Reader) -> None:
        if len(path) > 2 and path[2] not in RESULTS:
            message = f"“{name}” has an output, a status and an error, but no “{path[2]}”."
            hint = f"Did you mean nodes.{name}.output.{path[2]}?"
            if path[2] in PASS_NAMES and name in self._checked and self._checked[name].type.container:
                hint = f"Only nodes in “{name}” read nodes.{name}.{path[2]}."
            self._add("unknown-result", message, reader, hint)
        elif len(path) > 3 and path[2] == "output" and name in self._returns:
            self._check_returned(name, path[3:], reader)

    def _check_returned(self, name: str, path: Path, reader: Reader) -> None:
        """Check what is read of the outputs of the workflow that a node calls."""
        schema = self._returns[name]
        ways = (path[: end + 1] for end in range(len(path)))
        wrong = next((way for way in ways if part_at(schema, way) is None), None)
        if wrong is not None:
            known = frozenset(part_at(schema, wrong[:-1]).get("properties") or ())
            hint = f"{did_you_mean(str(wrong[-1]), known)} It has {', '.join(sorted(known)) or 'none'}."
            shown = ".".join(map(str, wrong))
            message = f"The workflow that “{name}” runs has no output “{shown}”."
            self._add("unknown-output", message, reader, hint.strip())

    def _check_input(self, path: Path, reader: Reader) -> None:
        if len(path) > 1 and self._inputs is not None and path[1] not in self._inputs:
            hint = did_you_mean(str(path[1]), self._inputs) or "Add it to the workflow's inputs."
            self._add("unknown-input", f"The workflow has no input “{path[1]}”.", reader, hint)

    def _check_run(self, path: Path, reader: Reader) -> None:
        if len(path) > 1 and path[1] not in RUN_FIELDS:
            message = f"A run has an id and started_at, but no “{path[1]}”."
            self._add("unknown-run-field", message, reader)

    def _check_secret(self, path: Path, reader: Reader) -> None:
        if reader.setting not in reader.secret_fields:
            allowed = ", ".join(sorted(reader.secret_fields))
            hint = (
                f"In this node, secrets may stand in {allowed}."
                if allowed
                else "Only HTTP requests use secrets."
            )
            self._add(
                "secret-not-allowed", "A secret cannot be used here: it would be recorded.", reader, hint
            )
        elif len(path) == 1:
            self._add(
                "vague-reference", "“secrets” is read without naming one.", reader, "Write secrets.NAME."
            )
