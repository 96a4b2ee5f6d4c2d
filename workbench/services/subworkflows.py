"""The versions that documents pin in their sub-workflow nodes: found, checked, and compiled along.

A version that is published never changes, and can only pin what was published before it. So what a document
calls, directly and through others, is a finite tree that nobody can change under a run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from referencing.exceptions import Unresolvable
from sqlalchemy.ext.asyncio import AsyncSession

from engine import compiler, expressions
from engine.compiler import Returns
from engine.contracts import PinnedPlan, Plan
from engine.errors import DocumentInvalid, Problem
from engine.graph import Document, Node
from engine.nodes.subworkflow import SubworkflowConfig
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import workflows as queries
from workbench.db.tables import VersionRow
from workbench.services import documents
from workbench.services.access import requires
from workbench.services.resources import get_resources

DEEPEST = 10
"""Sub-workflows within each other."""

MOST = 100
"""Versions that one document may call, directly and through others."""


@dataclass(frozen=True)
class Call:
    """A node that calls a version, with settings that can be read."""

    node: Node
    config: SubworkflowConfig


@dataclass(frozen=True)
class Pinned:
    """A published version that is called. `depth` is how many lie within each other, itself included."""

    version: VersionRow
    document: Document
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Catalogue:
    """What a document calls, directly and through others, by the pins; None stands for what there is not."""

    found: Mapping[str, Pinned | None] = field(default_factory=dict)

    def workflows(self, pin: str) -> frozenset[str]:
        """Return the workflows that this version belongs to and calls."""
        pinned = self.found.get(pin)
        if pinned is None:
            return frozenset()
        inner = (self.workflows(call.config.pin) for call in pinned.calls)
        return frozenset({pinned.version.workflow_id or ""}.union(*inner))

    def depth(self, pin: str) -> int:
        """Return how many sub-workflows lie within each other here."""
        pinned = self.found.get(pin)
        if pinned is None:
            return 0
        return 1 + max((self.depth(call.config.pin) for call in pinned.calls), default=0)

    def returns(self, document: Document) -> dict[str, dict[str, Any]]:
        """Return the schemas of what the sub-workflows of `document` give back, by the calling nodes."""
        found = ((call.node.id, self.found.get(call.config.pin)) for call in calls_of(document))
        return {node: compiler.returned(pinned.document) for node, pinned in found if pinned}


@dataclass(frozen=True)
class Compiled:
    """All that a run carries: its plan, and those of the versions it calls by their pins."""

    plan: Plan
    plans: dict[str, PinnedPlan]


async def check(
    workspace_id: str, document: Document, *, workflow_id: str | None = None
) -> tuple[Problem, ...]:
    """Return everything that keeps `document`, of that workflow, from being run; what it calls included."""
    if not calls_of(document):
        return await documents.check(document)
    catalogue = await get_resources().read(lambda session: load(session, workspace_id, document))
    problems = await documents.check(document, catalogue.returns(document))
    return (*problems, *check_calls(document, catalogue, workflow_id=workflow_id))


async def compile_run(
    session: AsyncSession, workspace_id: str, document: Document, *, workflow_id: str | None = None
) -> Compiled:
    """Return the plans of a run. Raises engine.errors.DocumentInvalid with all problems."""
    if not calls_of(document):
        return Compiled(await documents.compile_plan(document), {})
    catalogue = await load(session, workspace_id, document)
    plan = await documents.compile_plan(document, catalogue.returns(document))
    if problems := tuple(check_calls(document, catalogue, workflow_id=workflow_id)):
        raise DocumentInvalid(problems)
    plans = {
        pin: PinnedPlan(version_id=pinned.version.id, plan=await documents.compile_plan(pinned.document))
        for pin, pinned in catalogue.found.items()
        if pinned is not None
    }
    return Compiled(plan, plans)


async def load(session: AsyncSession, workspace_id: str, document: Document) -> Catalogue:
    """Return what `document` calls among the published versions of this person."""
    found: dict[str, Pinned | None] = {}
    waiting = list(calls_of(document))
    while waiting and len(found) <= MOST:
        call = waiting.pop()
        if call.config.pin not in found:
            pinned = found[call.config.pin] = await _pinned(session, workspace_id, call.config)
            waiting += pinned.calls if pinned else ()
    return Catalogue(found)


@requires(Action.WORKFLOWS_READ)
async def whose(principal: Principal, content_hash: str) -> tuple[str, int] | None:
    """Return the workflow, and the number, of the published version with this content."""
    row = await get_resources().read(
        lambda session: queries.pinned_version(
            session, workspace_id=principal.workspace, workflow_id=None, version=content_hash
        )
    )
    return (row.workflow_id, row.number) if row and row.workflow_id and row.number else None


def calls_of(document: Document) -> tuple[Call, ...]:
    """Return the document's sub-workflow nodes, but for those whose settings cannot be read."""
    return tuple(_calls(document))


def _calls(document: Document) -> Iterator[Call]:
    for node in document.nodes:
        if node.type == "subworkflow":
            try:
                yield Call(node, SubworkflowConfig.model_validate(node.config))
            except ValidationError:
                continue  # the compiler names what is wrong with it


async def _pinned(session: AsyncSession, workspace_id: str, config: SubworkflowConfig) -> Pinned | None:
    row = await queries.pinned_version(
        session, workspace_id=workspace_id, workflow_id=config.workflow or None, version=config.version
    )
    if row is None:
        return None
    document = await documents.load(row.document)
    return Pinned(row, document, calls_of(document))


def check_calls(document: Document, catalogue: Catalogue, *, workflow_id: str | None) -> Iterator[Problem]:
    """Yield what is wrong with what `document` calls."""
    if len(catalogue.found) > MOST:
        message = f"This document calls more than {MOST} versions, directly and through others."
        yield Problem(code="subworkflow-count", message=message, hint="Call fewer of them.")
        return
    returns = catalogue.returns(document)
    for call in calls_of(document):
        pinned = catalogue.found.get(call.config.pin)
        if pinned is None:
            yield _unknown(call)
        elif workflow_id is not None and workflow_id in catalogue.workflows(call.config.pin):
            hint = "Take what both need into a third workflow."
            yield _problem("recursion", call, "workflow", "This workflow would call itself.", hint)
        elif catalogue.depth(call.config.pin) > DEEPEST:
            message = f"More than {DEEPEST} sub-workflows would lie within each other."
            yield _problem("depth", call, "workflow", message, "Call the inner ones from here.")
        else:
            yield from _inputs(call, pinned.document.inputs)
            yield from _types(call, pinned.document.inputs, document.inputs, returns)


def _unknown(call: Call) -> Problem:
    version = call.config.version
    shown = version if isinstance(version, int) else f"{version[:12]}…"
    message = f"There is no published version {shown} of this workflow."
    if not call.config.workflow:
        message = f"There is no published version with the content hash {shown}."
    hint = "Choose a workflow of yours and one of its published versions; a draft cannot be called."
    return _problem("unknown", call, "version", message, hint)


def _inputs(call: Call, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield why the inputs cannot fit, as far as that can be told before anything runs."""
    given, parts = call.config.inputs, schema.get("properties") or {}
    for name in schema.get("required", ()):
        part = parts.get(name)
        if name not in given and not (isinstance(part, Mapping) and "default" in part):
            hint = "Give it a value; the other workflow needs it."
            yield _problem("inputs", call, f"inputs.{name}", f"The input “{name}” is missing.", hint)
    known = compiler.known_inputs(schema)
    for name, value in given.items():
        if known is not None and name not in known:
            hint = f"It has {', '.join(sorted(known)) or 'no inputs'}."
            message = f"The other workflow has no input “{name}”."
            yield _problem("inputs", call, f"inputs.{name}", message, hint)
        elif not any(expressions.strings(value)):
            part = parts.get(name, schema.get("additionalProperties", True))
            for wrong in _mismatches(schema, part, value):
                message = f"The input “{name}” does not fit: {wrong[:200]}."
                yield _problem("inputs", call, f"inputs.{name}", message, "Correct the value.")


def _types(
    call: Call, schema: Mapping[str, Any], own: Mapping[str, Any], returns: Returns
) -> Iterator[Problem]:
    """Yield where an expression gives something of another type than the input that it is for."""
    for name, value in call.config.inputs.items():
        if not isinstance(value, str) or not expressions.has_expression(value):
            continue
        wanted = compiler.types_of(compiler.part_at(schema, (name,)))
        found = compiler.types_given(value, own, returns)
        if wanted is not None and found is not None and not wanted & found:
            message = f"The input “{name}” takes {_either(wanted)}, and this gives {_either(found)}."
            hint = "Give it something else, or change its type with a filter such as int or string."
            yield _problem("inputs", call, f"inputs.{name}", message, hint)


def _either(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _mismatches(schema: Mapping[str, Any], part: Any, value: Any) -> tuple[str, ...]:
    """Return why a value does not fit a part of a schema; references in it begin at the whole."""
    try:
        return tuple(
            error.message for error in compiler.validator(schema).evolve(schema=part).iter_errors(value)
        )
    except (Unresolvable, RecursionError) as error:
        return (f"the schema cannot be used: {error}",)


def _problem(code: str, call: Call, field: str, message: str, hint: str) -> Problem:
    return Problem(
        code=f"subworkflow-{code}", node=call.node.id, field=f"config.{field}", message=message, hint=hint
    )
