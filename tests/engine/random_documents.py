"""Random documents for tests of whole runs: maps and loops in each other, branches, joins, races, failures,
people who decide.

A node reads and follows only nodes before it, so that there is no circle; what else the compiler refuses (a
result of the other branch) is for the caller to leave out.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from engine.contracts import ActivityStep, Body, LoopStep, MapStep, Plan, Step
from tests.engine import documents as d

PORTS = {
    "condition": ("true", "false"),
    "switch": ("one", "two", "default"),
    "fail": (),
    "approval": ("approve", "reject"),
}
WITH_ERROR = ("http", "map", "loop")
KINDS = ("transform", "http", "merge") * 2 + ("condition", "switch", "delay", "approval")
GONE = "{{ inputs.gone }}"
"""Fails when it is evaluated: the inputs are open, so that the compiler does not know."""


@dataclass
class _Drawing:
    """A document being drawn."""

    draw: Any
    nodes: list[dict[str, Any]] = field(default_factory=list)
    undoing: list[dict[str, Any]] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def level(self, parent: str | None, names: tuple[str, ...], around: tuple[str, ...], depth: int) -> None:
        """Draw the nodes of one container; `around` can be read besides, `names` are those of a pass."""
        beside: list[str] = []
        for _ in range(self.pick(*((1, 2, 3, 4) if depth else (1, 2, 3, 4, 6, 9, 14)))):
            name = f"n{len(self.nodes)}"
            more = (*(("map", "loop") if depth < 2 else ()), *(("fail",) if beside else ()))
            kind = self.pick(*KINDS, *more)
            node = d.node(name, kind, self._config(kind, names, (*around, *beside)), parent=parent)
            node["policy"] = {"on_error": self.pick("continue", "continue", "continue", "fail")}
            self.nodes.append(node)
            if kind == "http" and self.pick(True, True, False):
                self._undo(node, names)
            sources = self._follow(name, kind, beside)
            if kind == "merge":
                node["config"] |= self._race(sources)
            if kind in ("map", "loop"):
                inner = ("item", "index") if kind == "map" else ("last", "index")
                outer = tuple(f"nodes.{parent}.{own}" for own in names)
                outer += tuple(other for other in names if other.startswith("nodes."))
                self.level(name, (*inner, *outer) if parent else inner, (*around, *beside), depth + 1)
                node["config"] |= self._ends(node, inner)
            beside.append(name)

    def _undo(self, node: dict[str, Any], names: tuple[str, ...]) -> None:
        """Draw the node that undoes another; it says what that gave, and in which passes, from the inside."""
        read = (f"nodes.{node['id']}.output", *(name for name in names if name.endswith("index")))
        url = " ".join(f"{{{{ {name} }}}}" for name in read)
        undo = d.node(f"undo_{node['id']}", "http", {"url": url, "method": "GET"}, parent=node["parent"])
        node["policy"]["compensate"] = undo["id"]
        self.undoing.append(undo)

    def _follow(self, name: str, kind: str, beside: list[str]) -> set[str]:
        """Draw edges from nodes before; return their sources."""
        found = set()
        usual = (1, 2, 3, 3) if kind == "merge" else (0, 1, 1, 2)
        for _ in range(self.pick(*usual) if beside else 0):
            source = self.pick(*beside)
            config = next(node for node in self.nodes if node["id"] == source)
            ports = PORTS.get(config["type"], ("out",))
            if config["config"].get("expire_s"):
                ports = ("timeout",)
            if config["type"] in WITH_ERROR and config["policy"]["on_error"] == "continue":
                ports = (*ports, "error")
            edge = f"{source}.{self.pick(*ports)} > {name}" if ports else ""
            if edge and edge not in self.edges:
                self.edges.append(edge)
                found.add(source)
        return found

    def _race(self, sources: set[str]) -> dict[str, Any]:
        way = self.pick("all", "all", "any", "at_least") if sources else "all"
        if way == "all":
            return {"mode": self.pick("first", "list", "object")}
        enough = self.pick(*range(1, len(sources) + 1))
        return {"mode": "object", "wait_for": way, "at_least": self.pick(enough, f"{{{{ {enough} }}}}")}

    def _ends(self, node: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        """Return settings that are evaluated at the end of a pass and read what stands in the container."""
        inner = tuple(other["id"] for other in self.nodes if other["parent"] == node["id"])
        read = self._reads(names, inner)
        until = f"{{{{ {read[3:-3]} < '8' }}}}"
        following = f"{{{{ ({read[3:-3]}) if index < 1 else none }}}}"
        ends = {"next": following} if node["config"].get("over") == "pages" else {"result": [read]}
        return self.pick({}, {"until": until} if node["type"] == "loop" else ends)

    def _reads(self, names: tuple[str, ...], others: tuple[str, ...]) -> str:
        """Return an expression that reads something, made short so that values do not grow."""
        parts = [f"{name} | tojson" for name in names] * 2
        parts += [f"nodes.{other}.{self.pick('output', 'status')} | tojson" for other in others[-4:]]
        read = self.pick("inputs.n | tojson", *parts, *parts)
        return f"{{{{ ({read} | sha256)[:4] }}}}"

    def _truth(self, names: tuple[str, ...], others: tuple[str, ...]) -> str:
        read = self._reads(names, others)[3:-3]
        return self.pick("{{ true }}", "{{ false }}", f"{{{{ {read} < '8' }}}}", f"{{{{ {read} < '8' }}}}")

    def _config(self, kind: str, names: tuple[str, ...], others: tuple[str, ...]) -> dict[str, Any]:
        match kind:
            case "transform":
                values = [[self._reads(names, others)], [self._reads(names, others)] * 2]
                fails = f"{{{{ inputs.gone if {self._truth(names, others)[3:-3]} else 1 }}}}"
                return {"value": self.pick(*values, *values, GONE, fails)}
            case "http":
                method = self.pick("GET", "GET", "PUT", "DELETE")
                return {"url": f"http://a/{self._reads(names, others)}", "method": method}
            case "condition":
                return {"expression": self._truth(names, others)}
            case "switch":
                cases = [{"name": name, "when": self._truth(names, others)} for name in ("one", "two")]
                return {"cases": cases, "matches": self.pick("first", "all")}
            case "merge":
                return {"mode": "first"}
            case "approval":
                late = {"expire_s": 0.05} if self.pick(True, False, False) else {}
                return {
                    "title": "Well?",
                    "data": {"of": self._reads(names, others), "late": bool(late)},
                    **late,
                }
            case "delay":
                return {"seconds": self.pick(0, 0.01)}
            case "fail":
                return {"message": f"No: {self._reads(names, others)}"}
            case "map":
                return self._map(names, others)
            case _:
                until = self.pick(
                    *(None, "{{ index >= 1 }}", "{{ result | string | sha256 < '8' }}") * 3, GONE
                )
                ends = {"until": until, "on_maximum": self.pick("fail", "continue")}
                initial = self.pick(None, self._reads(names, others))
                return {**ends, "maximum": self.pick(2, 3, 1), "initial": initial}

    def _map(self, names: tuple[str, ...], others: tuple[str, ...]) -> dict[str, Any]:
        read = self._reads(names, others)
        config = {"on_item_error": self.pick("fail", "collect", "skip"), "concurrency": self.pick(1, 2, 10)}
        if self.pick(True, False, False):
            following = "{{ result | string if index < 2 else none }}"
            return {**config, "over": "pages", "next": self.pick(following, "{{ index < 1 }}", GONE)}
        items = self.pick([], ["x"], ["x", read, 3], ["x", "y"], "{{ inputs.items }}")
        result = {"result": self.pick("{{ item | string }}", "{{ index }}")} if self.pick(True, False) else {}
        return {**config, "items": items, **result}


def decided(data: Any) -> str | None:
    """Return what people decide about the data of an approval; None: nobody does, and it expires."""
    return None if data["late"] else "approve" if data["of"] < "8" else "reject"


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Draw a document, as JSON has it; its inputs are `n` and `items`."""
    drawing = _Drawing(draw)
    drawing.level(None, (), (), 0)
    names = [node["id"] for node in drawing.nodes if not node["parent"]]
    drawing.nodes.append(d.output("end", f"{{{{ nodes.{draw(st.sampled_from(names))}.output }}}}"))
    return d.raw(*drawing.nodes, *drawing.undoing, edges=tuple(drawing.edges))


def with_fakes(plan: Plan, *, local: bool = True) -> Plan:
    """Return the plan with its HTTP requests made by the fake adapter, which gives their URL back.

    DELETE fails, and PUT takes a while. When they are not `local`, each adds to the history.
    """
    undoing = {name: _fake(step, local) for name, step in plan.compensations.items()}
    return plan.model_copy(update={"steps": _faked(plan.steps, local), "compensations": undoing})


def _faked(steps: tuple[Step, ...], local: bool) -> tuple[Step, ...]:
    return tuple(_fake(step, local) for step in steps)


def _fake(step: Step, local: bool) -> Step:
    if isinstance(step, MapStep | LoopStep):
        body: Body = step.body.model_copy(update={"steps": _faked(step.body.steps, local)})
        return step.model_copy(update={"body": body})
    if not isinstance(step, ActivityStep):
        return step
    method = step.config["method"]
    config = {"value": step.config["url"], "seconds": 0.02 * (method == "PUT")}
    config["failures"] = 99 * (method == "DELETE")
    return step.model_copy(update={"type": "fake", "config": config, "local": step.local and local})
