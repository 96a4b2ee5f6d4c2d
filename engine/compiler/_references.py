"""Checking what expressions read against what the document has, and deriving dependencies from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.compiler._inputs import known_inputs
from engine.compiler._nodes import CheckedNode
from engine.compiler._problems import Problems
from engine.expressions import Path, did_you_mean

RESULTS = frozenset({"output", "status", "error"})
RUN_FIELDS = frozenset({"id", "started_at"})
SUGGESTIONS = 20
"""Unknown nodes for which a similar one is looked up; among thousands of nodes that takes long."""


@dataclass(frozen=True)
class Reader:
    """Where an expression stands: in a setting of a node, or (`node` None) in an output of the document."""

    field: str
    node: str | None = None
    setting: str = ""
    secret_fields: frozenset[str] = frozenset()


class References:
    """What a document's expressions may read."""

    def __init__(
        self,
        inputs: Mapping[str, Any] | None,
        ids: frozenset[str],
        checked: Mapping[str, CheckedNode],
        problems: Problems,
    ) -> None:
        """`inputs` is the schema, None when it is unusable; `ids` are those of all nodes, known or not."""
        self._inputs = None if inputs is None else known_inputs(inputs)
        self._ids = ids
        self._notes = {node_id for node_id, node in checked.items() if not node.type.executed}
        self._problems = problems
        self._suggested = 0

    def source(self, path: Path, reader: Reader) -> str | None:
        """Add what is wrong with a path; return the node that it reads, if it reads one."""
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
        return None

    def _add(self, code: str, message: str, reader: Reader, hint: str = "") -> None:
        self._problems.add(code, message, node=reader.node, field=reader.field, hint=hint)

    def _node(self, path: Path, reader: Reader) -> str | None:
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
        elif name == reader.node:
            self._add("reference-to-self", f"“{name}” reads its own result.", reader)
        elif name in self._notes:
            self._add("reference-to-note", f"“{name}” is a note; it has no result.", reader)
        else:
            self._check_result(name, path, reader)
            return name
        return None

    def _check_result(self, name: str, path: Path, reader: Reader) -> None:
        if len(path) > 2 and path[2] not in RESULTS:
            message = f"“{name}” has an output, a status and an error, but no “{path[2]}”."
            self._add("unknown-result", message, reader, f"Did you mean nodes.{name}.output.{path[2]}?")

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
