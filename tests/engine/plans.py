"""Plans written by hand, in as few words as a test needs."""

from typing import Any

from engine.contracts import (
    ActivityStep,
    Attempts,
    Body,
    ConditionStep,
    DelayStep,
    FailStep,
    HumanRules,
    HumanStep,
    Incoming,
    InputStep,
    LoopStep,
    MapStep,
    MergeStep,
    OutputStep,
    PinnedPlan,
    Plan,
    Step,
    SubworkflowStep,
    SwitchStep,
    TransformStep,
    WaitStep,
)


def plan(*steps: Step, outputs: dict[str, Any] | None = None) -> Plan:
    """Return a plan of these steps."""
    return Plan(version_hash="0" * 64, name="test", steps=steps, outputs=outputs or {})


def after(*edges: str) -> tuple[Incoming, ...]:
    """Return drawn edges: `fetch` leaves through port out, `check.true` through port true."""
    pairs = (edge.partition(".") for edge in edges)
    return tuple(Incoming(source=source, port=port or "out") for source, _, port in pairs)


def start(node_id: str = "start") -> InputStep:
    """Return an input step."""
    return InputStep(id=node_id, type="input")


def transform(node_id: str, value: Any, *edges: str, **more: Any) -> TransformStep:
    """Return a transform step behind `edges`."""
    return TransformStep(id=node_id, type="transform", value=value, incoming=after(*edges), **more)


def condition(node_id: str, expression: str, *edges: str) -> ConditionStep:
    """Return a condition step behind `edges`."""
    return ConditionStep(id=node_id, type="condition", expression=expression, incoming=after(*edges))


def switch(node_id: str, cases: dict[str, str], *edges: str, matches: Any = "first") -> SwitchStep:
    """Return a switch step behind `edges`."""
    return SwitchStep(
        id=node_id, type="switch", cases=tuple(cases.items()), matches=matches, incoming=after(*edges)
    )


def merge(node_id: str, *edges: str, mode: Any = "first", needs: int | str | None = None) -> MergeStep:
    """Return a merge step behind `edges`; it needs all of them, or so many."""
    return MergeStep(id=node_id, type="merge", mode=mode, needs=needs, incoming=after(*edges))


def fail(node_id: str, message: str, *edges: str, kind: str = "failed") -> FailStep:
    """Return a fail step behind `edges`."""
    return FailStep(id=node_id, type="fail", message=message, failure_kind=kind, incoming=after(*edges))


def delay(node_id: str, *edges: str, **more: Any) -> DelayStep:
    """Return a delay step behind `edges`."""
    return DelayStep(id=node_id, type="delay", incoming=after(*edges), **more)


def ask(node_id: str, *edges: str, choices: Any = ("approve", "reject"), **more: Any) -> HumanStep:
    """Return a step that asks people behind `edges`; what is no field of the step is one of its rules."""
    own = {name: more.pop(name) for name in tuple(more) if name in HumanStep.model_fields}
    fixed: dict[str, Any] = {"title": "Is it right?", **own, "choices": choices, "rules": HumanRules(**more)}
    return HumanStep(id=node_id, type="approval", incoming=after(*edges), **fixed)


def wait(node_id: str, *edges: str, event: str = "paid", **more: Any) -> WaitStep:
    """Return a step that waits for an event behind `edges`."""
    return WaitStep(id=node_id, type="wait_for_event", event=event, incoming=after(*edges), **more)


def output(node_id: str, value: Any, *edges: str) -> OutputStep:
    """Return an output step, named as its node, behind `edges`."""
    return OutputStep(id=node_id, type="output", name=node_id, value=value, incoming=after(*edges))


def fake(node_id: str, *edges: str, attempts: Any = 1, delay_s: float = 0.01, **more: Any) -> ActivityStep:
    """Return a step of the fake adapter; what is no field of a step goes to its config."""
    known = {key: more.pop(key) for key in list(more) if key in ActivityStep.model_fields}
    known = {"timeout_s": 5.0, **known}
    return ActivityStep(
        id=node_id,
        type="fake",
        config=more,
        incoming=after(*edges),
        attempts=Attempts(maximum=attempts, delay_s=delay_s) if isinstance(attempts, int) else attempts,
        **known,
    )


def call(node_id: str, pin: str, *edges: str, inputs: Any = None, **more: Any) -> SubworkflowStep:
    """Return a step behind `edges` that runs what `pin` names among the run's plans."""
    return SubworkflowStep(
        id=node_id, type="subworkflow", pin=pin, inputs=inputs or {}, incoming=after(*edges), **more
    )


def pinned(plan: Plan, version_id: str = "v") -> PinnedPlan:
    """Return a published version with this plan."""
    return PinnedPlan(version_id=version_id, plan=plan)


def body(*steps: Step, result: Any = None, outer: tuple[str, ...] = ()) -> Body:
    """Return a container's body; its result is the output of its last step, unless it is given."""
    return Body(steps=steps, outer=outer, result=result or f"{{{{ nodes.{steps[-1].id}.output }}}}")


def each(node_id: str, items: Any, inside: Body, *edges: str, **more: Any) -> MapStep:
    """Return a map over `items` behind `edges`."""
    return MapStep(id=node_id, type="map", items=items, body=inside, incoming=after(*edges), **more)


def pages(node_id: str, following: str, inside: Body, *edges: str, **more: Any) -> MapStep:
    """Return a map over pages behind `edges`; `following` gives the next one."""
    return MapStep(id=node_id, type="map", next=following, body=inside, incoming=after(*edges), **more)


def loop(node_id: str, inside: Body, *edges: str, maximum: int = 100, **more: Any) -> LoopStep:
    """Return a loop behind `edges`."""
    return LoopStep(id=node_id, type="loop", maximum=maximum, body=inside, incoming=after(*edges), **more)
