"""A run in the simplest words: what DESIGN §4 says of a document, with no plan, no counting and no Temporal.

It goes through the nodes in the document's order, in which sources stand before targets, and says of each
what must become of it. Timing decides which branches a race takes, what is given up for it, and how far steps
beside a failure came: these are taken from the run's records, after a look at whether they can be.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import expressions
from engine.contracts import NodeRecord, place
from engine.errors import ExpressionError
from engine.graph import Document, Node
from tests.engine.random_documents import decided

INSIDE = {"map": ("next", "result"), "loop": ("until", "result")}
SETTLED = ("succeeded", "failed", "skipped")
Views = Mapping[str, Any]


@dataclass
class Outcome:
    """What becomes of a node. `known` is False where only the record can say what its output is."""

    status: str
    ports: tuple[str, ...] = ()
    output: Any = None
    known: bool = True


@dataclass
class Pass:
    """What became of one scope. `open` says what is missing in it: nothing, unless it was given up."""

    context: dict[str, Any]
    outcomes: dict[str, Outcome | None] = field(default_factory=dict)
    failed: bool = False
    open: list[str] = field(default_factory=list)


class Reference:
    """Goes through a document beside the records of a run; `differences` are where they contradict it."""

    def __init__(self, document: Document, inputs: Views, seen: Mapping[str, NodeRecord]) -> None:
        self.document, self.inputs, self.seen = document, inputs, seen
        self.differences: list[str] = []
        self.explained: set[str] = {at for at in seen if at.rpartition("/")[2].startswith("undo_")}

    def run(self) -> str:
        """Return the status that the run must have."""
        scope = self._pass(None, "", {"inputs": self.inputs, "nodes": {}})
        if scope.failed:
            return "failed"
        self.differences += scope.open
        self.differences += [f"{at} was not to be" for at in self.seen.keys() - self.explained]
        return "succeeded"

    def _pass(self, parent: str | None, path: str, context: dict[str, Any]) -> Pass:
        scope = Pass({**context, "nodes": dict(context["nodes"])})
        for node in self._children(parent):
            at = place(path, node.id)
            self.explained.add(at)
            outcome = self._compared(node, at, self._expected(node, at, scope), scope)
            scope.outcomes[node.id] = outcome
            record = self.seen.get(at)
            if record:
                error = record.error.model_dump() if record.error else None
                scope.context["nodes"][node.id] = {
                    "output": record.output, "status": record.status, "error": error
                }  # fmt: skip
        return scope

    def _compared(self, node: Node, at: str, expected: Outcome | None, scope: Pass) -> Outcome | None:
        """Return what became of a node, None when its targets never hear of it."""
        record = self.seen.get(at)
        status = record.status if record else "absent"
        wanted = expected is None or expected.status != "skipped"
        if status in ("skipped", "cancelled") and wanted and self._given_up(node, at):
            return Outcome("skipped")
        if expected is None:
            if status in SETTLED:
                self.differences.append(f"{at} is {status} before its sources")
            return None
        if record is None or status not in SETTLED:
            scope.open.append(f"{at} is {status}, not {expected.status}")
            return None
        if status != expected.status or (expected.status != "skipped" and record.ports != expected.ports):
            self.differences.append(f"{at} is {status} {record.ports}, not {expected}")
        elif expected.known and record.output != expected.output:
            self.differences.append(f"{at} gives {record.output}, not {expected.output}")
        if status == "failed" and (node.policy.on_error == "fail" or node.type == "fail"):
            scope.failed = True
            return None
        return expected

    def _given_up(self, node: Node, at: str) -> bool:
        """Whether a node may have been given up: every way on ends at a race that was decided without it."""
        path = at.rpartition("/")[0]
        container = next((other for other in self.document.nodes if other.id == node.parent), None)
        read = (container.config.get(name) for name in INSIDE[container.type]) if container else ()
        if node.type in ("output", "fail") or node.id in references([*read]):
            return False
        if container is None and node.id in references(self.document.outputs):
            return False
        targets = [other for other in self._children(node.parent) if node.id in self._sources(other)]
        return bool(targets) and all(self._is_decided(other, path) for other in targets)

    def _is_decided(self, node: Node, path: str) -> bool:
        record = self.seen.get(place(path, node.id))
        status = record.status if record else "absent"
        return status in ("skipped", "cancelled") or (needs(node) is not None and status in SETTLED)

    def _expected(self, node: Node, at: str, scope: Pass) -> Outcome | None:
        edges = [(edge.source, edge.source_port) for edge in self.document.edges if edge.target == node.id]
        outcomes = {source: scope.outcomes[source] for source in self._sources(node)}
        live = dict.fromkeys(
            source for source, port in edges if (found := outcomes[source]) and port in found.ports
        )
        enough = needs(node)
        if enough is not None and len(live) >= enough:
            return self._race(at, [*live], enough)
        if None in outcomes.values():
            return None
        settled = [outcome for outcome in outcomes.values() if outcome]
        if edges and not live:
            return Outcome("skipped")
        if settled and not edges and all(outcome.status != "succeeded" for outcome in settled):
            return Outcome("skipped")
        if enough is not None:
            return Outcome("failed", ("error",))
        try:
            return self._done(node, at, scope, [*live])
        except ExpressionError:
            return Outcome("failed", ("error",))

    def _race(self, at: str, live: list[str], enough: int) -> Outcome:
        """Return the outcome of a merge in mode object that took some of its live branches."""
        record = self.seen.get(at)
        taken = record.output if record and isinstance(record.output, dict) else {}
        if record and record.status == "succeeded" and not (len(taken) == enough and set(taken) <= set(live)):
            self.differences.append(f"{at} took {list(taken)} of {live}")
        return Outcome("succeeded", ("out",), known=False)

    def _done(self, node: Node, at: str, scope: Pass, live: list[str]) -> Outcome:
        """Return what comes of a node that runs; ExpressionError when it fails of an expression."""
        config, views = node.config, scope.context["nodes"]

        def value(setting: str) -> Any:
            return expressions.render(config.get(setting), scope.context)

        match node.type:
            case "transform" | "output":
                return Outcome("succeeded", ("out",), value("value"))
            case "http":
                url = value("url")
                failed = config.get("method") == "DELETE"
                return Outcome("failed", ("error",)) if failed else Outcome("succeeded", ("out",), url)
            case "condition":
                holds = bool(value("expression"))
                return Outcome("succeeded", (str(holds).lower(),), holds)
            case "switch":
                ports = [case["name"] for case in config["cases"] if self._holds(case["when"], scope)]
                ports = (ports if config["matches"] == "all" else ports[:1]) or ["default"]
                output = ports if config["matches"] == "all" else ports[0]
                return Outcome("succeeded", tuple(ports), output)
            case "merge":
                joined = {source: views[source]["output"] for source in live}
                listed = [*joined.values()]
                modes = {"first": listed[0] if listed else None, "list": listed, "object": joined}
                return Outcome("succeeded", ("out",), modes[config["mode"]])
            case "delay":
                return Outcome("succeeded", ("out",), known=False)
            case "approval":
                return Outcome("succeeded", (decided(value("data")) or "timeout",), known=False)
            case "fail":
                return Outcome("failed", ("error",))
            case "map" | "loop":
                return self._container(node, at, scope)
        raise ValueError(node.type)

    def _holds(self, expression: str, scope: Pass) -> bool:
        return bool(expressions.render(expression, scope.context))

    def _container(self, node: Node, at: str, scope: Pass) -> Outcome:
        record = self.seen.get(at)
        if record is None or record.status not in ("succeeded", "failed"):
            self.explained |= {other for other in self.seen if other.startswith(f"{at}/")}
            return Outcome("succeeded", ("out",))
        outcome = self._loop(node, at, scope) if node.type == "loop" else self._map(node, at, scope)
        if record.status == "failed":
            self.explained |= {other for other in self.seen if other.startswith(f"{at}/")}
        return outcome

    def _one(self, node: Node, at: str, index: int, scope: Pass, names: Views) -> tuple[Pass, Any]:
        """Go through a pass; return it with its result. It is `failed` also when the result is."""
        nodes = {**scope.context["nodes"], node.id: {**names, "index": index}}
        context = {**scope.context, "nodes": nodes, **names, "index": index}
        done = self._pass(node.id, f"{at}/{index}", context)
        if done.failed or done.open:
            return done, None
        try:
            result = expressions.render(self._result(node), done.context)
            for setting in ("next", "until"):
                done.context[setting] = expressions.render(
                    node.config.get(setting), {**done.context, "result": result}
                )
        except ExpressionError:
            done.failed, result = True, None
        return done, result

    def _result(self, node: Node) -> Any:
        if node.config.get("result") is not None:
            return node.config["result"]
        inner = [*self._children(node.id)]
        led = {source for other in inner for source in self._sources(other)}
        ends = {
            other.id: f"{{{{ nodes.{other.id}.output }}}}"
            for other in inner
            if other.id not in led and other.type != "fail"
        }
        return next(iter(ends.values()), None) if len(ends) < 2 else ends

    def _map(self, node: Node, at: str, scope: Pass) -> Outcome:
        config, results, failures = node.config, dict[int, Any](), list[tuple[int, Any]]()
        pages, item, index = config.get("over") == "pages", None, 0
        items = [] if pages else expressions.render(config["items"], scope.context)
        record, missing = self.seen[at], list[str]()
        while pages or index < len(items):
            item = item if pages else items[index]
            done, result = self._one(node, at, index, scope, {"item": item})
            missing += [] if done.failed else done.open
            if done.failed:
                failures.append((index, item))
            else:
                results[index] = result
            index += 1
            if pages:
                item = None if done.failed or done.open else done.context["next"]
                if not item:
                    break
        if failures and config.get("on_item_error", "fail") == "fail":
            return Outcome("failed", ("error",), known=False)
        self.differences += missing
        skip = config.get("on_item_error") == "skip"
        listed = [results.get(number) for number in range(index) if not skip or number in results]
        output = record.output or {"results": None, "failures": []}
        told = [(failure["index"], failure["item"]) for failure in output["failures"]]
        if output["results"] != listed or told != failures:
            self.differences.append(f"{at} gives {output}, not {listed} and {failures}")
        return Outcome("succeeded", ("out",), known=False)

    def _loop(self, node: Node, at: str, scope: Pass) -> Outcome:
        last = expressions.render(node.config.get("initial"), scope.context)
        for index in range(node.config["maximum"]):
            done, result = self._one(node, at, index, scope, {"last": last})
            if done.failed:
                return Outcome("failed", ("error",), known=False)
            self.differences += done.open
            last = result
            if node.config.get("until") and done.context.get("until"):
                return Outcome("succeeded", ("out",), last)
        if node.config.get("until") and node.config.get("on_maximum", "fail") == "fail":
            return Outcome("failed", ("error",), known=False)
        return Outcome("succeeded", ("out",), last)

    def _children(self, parent: str | None) -> list[Node]:
        beside = {node.policy.compensate for node in self.document.nodes}
        inside = (node for node in self.document.nodes if node.parent == parent and node.type != "note")
        return [node for node in inside if node.id not in beside]

    def _sources(self, node: Node) -> list[str]:
        """Return what a node waits for: its drawn sources, else what it reads or what stands in it reads."""
        drawn = [edge.source for edge in self.document.edges if edge.target == node.id]
        beside = {other.id for other in self._children(node.parent)} - {node.id}
        read = {name for part in self._within(node) for name in references(part.config)}
        return [*dict.fromkeys(drawn), *sorted((read & beside) - set(drawn))]

    def _within(self, node: Node) -> Iterator[Node]:
        yield node
        for inner in self._children(node.id):
            yield from self._within(inner)


def needs(node: Node) -> int | None:
    """Return how many branches decide a merge; None for all of them, and for other nodes."""
    ways = {"any": 1, "at_least": expressions.render(node.config.get("at_least", 1), {})}
    return ways.get(node.config.get("wait_for", "all")) if node.type == "merge" else None


def references(value: Any) -> set[str]:
    """Return the nodes that the expressions in a value name."""
    return set(re.findall(r"nodes\.(\w+)\.(?:output|status)", str(value)))
