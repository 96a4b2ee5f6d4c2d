"""A part of a plan: the steps that run, and those that are settled beforehand since the others read them."""

from collections.abc import Collection

from engine import expressions
from engine.contracts import Plan, Step


def part_of(plan: Plan, *, run: Collection[str], settled: Collection[str]) -> Plan:
    """Return the plan in which only the steps of `run` run, and those of `settled` are given.

    A settled step waits for nothing. Of the outputs those are left that read nothing else; their schema holds
    where all steps are there. ValueError when a step that runs waits for one that is in neither.
    """
    kept = {*run, *settled}
    steps = tuple(_kept(step, kept, settled) for step in plan.steps if step.id in kept)
    outputs = {name: value for name, value in plan.outputs.items() if _read(value) <= kept}
    schema = plan.output_schema if len(steps) == len(plan.steps) else None
    return plan.model_copy(update={"steps": steps, "outputs": outputs, "output_schema": schema})


def _kept(step: Step, kept: Collection[str], settled: Collection[str]) -> Step:
    if step.id in settled:
        return step.model_copy(update={"incoming": (), "after": ()})
    missing = {*(edge.source for edge in step.incoming), *step.after} - set(kept)
    if missing:
        raise ValueError(f"{step.id} waits for {', '.join(sorted(missing))}, which is no part of the plan")
    return step


def _read(value: object) -> set[str]:
    paths = expressions.references(value)
    return {str(path[1]) for path in paths if path[0] == "nodes" and len(path) > 1}
