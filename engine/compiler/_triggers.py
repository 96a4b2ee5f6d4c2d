"""Checking a document's triggers: their types, their settings, and what their expressions read."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from engine import expressions, triggers
from engine.compiler._inputs import known_inputs, schema_errors
from engine.compiler._nodes import read_expressions
from engine.compiler._outputs import output_names
from engine.compiler._problems import Problems
from engine.compiler._pydantic import details
from engine.expressions import Path
from engine.graph import Document, Trigger
from engine.triggers import ANSWER_READS, TriggerType, WebhookConfig

_DETAIL_CODES = {"missing": "missing-config", "unknown": "unknown-config", "bad": "bad-config"}


def check_triggers(document: Document, *, inputs_usable: bool, problems: Problems) -> None:
    """Add what is wrong with the triggers; `inputs_usable` says that the inputs' schema can be relied on."""
    seen: set[str] = set()
    for index, trigger in enumerate(document.triggers):
        at = f"triggers.{index}"
        if trigger.id in seen:
            message = f"Two triggers have the id “{trigger.id}”."
            hint = "Give one of them another id."
            problems.add("duplicate-trigger-id", message, field=f"{at}.id", hint=hint)
        seen.add(trigger.id)
        kind = _type(trigger, at, problems)
        if kind is None:
            continue
        _check_config(trigger, kind, at, problems)
        _check_reads(trigger.inputs, {"trigger": kind.reads}, f"{at}.inputs", problems)
        _check_answer(document, trigger, kind, at, problems)
        if inputs_usable and trigger.enabled:
            _check_inputs(document.inputs, trigger, at, problems)


def _type(trigger: Trigger, at: str, problems: Problems) -> TriggerType | None:
    try:
        return triggers.get(trigger.type)
    except KeyError:
        known = [kind.type for kind in triggers.TRIGGER_TYPES]
        hint = expressions.did_you_mean(trigger.type, frozenset(known))
        message = f"There is no trigger type “{trigger.type}”."
        hint = hint or f"The trigger types are {', '.join(known)}."
        problems.add("unknown-trigger-type", message, field=f"{at}.type", hint=hint)
        return None


def _check_config(trigger: Trigger, kind: TriggerType, at: str, problems: Problems) -> None:
    try:
        config = kind.config.model_validate(trigger.config)
    except ValidationError as error:
        for detail in details(error, trigger.config):
            field = ".".join(map(str, (at, "config", *detail.path)))
            hint = f"A {kind.title.lower()} has {', '.join(kind.config.model_fields)}."
            problems.add(
                _DETAIL_CODES[detail.kind],
                detail.message,
                field=field,
                hint=hint if detail.kind == "unknown" and len(detail.path) == 1 else "",
            )
        return
    if isinstance(config, WebhookConfig) and config.body_schema is not None:
        for field, message in schema_errors(config.body_schema, f"{at}.config.body_schema", "the body"):
            problems.add("bad-body-schema", message, field=field, hint="Correct the schema of the body.")


def _check_answer(
    document: Document, trigger: Trigger, kind: TriggerType, at: str, problems: Problems
) -> None:
    outputs = dict.fromkeys(sorted(output_names(document)), "")
    for field, value in kind.answers(trigger.config).items():
        readable = {"outputs": outputs, "run": ANSWER_READS}
        _check_reads({field: value}, readable, f"{at}.config", problems)


def _check_reads(
    values: Mapping[str, Any],
    readable: Mapping[str, Mapping[str, str]],
    prefix: str,
    problems: Problems,
) -> None:
    """Add what is wrong with expressions that may read `readable`: roots, and what may stand behind each."""
    for read in read_expressions(values, prefix, problems).values():
        for field, path in read:
            for code, message, hint in _unreadable(path, readable):
                problems.add(code, message, field=field, hint=hint)


def _unreadable(path: Path, readable: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    root = str(path[0])
    if root == "secrets":
        yield (
            "secret-not-allowed",
            "A secret cannot be used here: it would be recorded.",
            "Read it in a step.",
        )
    elif root not in readable:
        yield "unknown-name", f"There is no “{root}” here.", f"Here one can read {' and '.join(readable)}."
    elif len(path) > 1 and str(path[1]) not in readable[root]:
        names = readable[root]
        hint = expressions.did_you_mean(str(path[1]), frozenset(names))
        hint = hint or f"“{root}” has {', '.join(names) or 'nothing'}."
        code = "unknown-output" if root == "outputs" else "unknown-trigger-field"
        yield code, f"“{root}” has no “{path[1]}”.", hint


def _check_inputs(schema: Mapping[str, Any], trigger: Trigger, at: str, problems: Problems) -> None:
    known = known_inputs(schema)
    for name in trigger.inputs:
        if known is not None and name not in known:
            hint = expressions.did_you_mean(name, known) or "Add it to the workflow's inputs."
            message = f"The workflow has no input “{name}”."
            problems.add("unknown-input", message, field=f"{at}.inputs.{name}", hint=hint)
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        part = properties.get(name)
        if name not in trigger.inputs and not (isinstance(part, Mapping) and "default" in part):
            message = f"The trigger “{trigger.id}” gives no input “{name}”, without which no run starts."
            hint = "Say how it is made of `trigger`, or give the input a default."
            problems.add("trigger-lacks-input", message, field=f"{at}.inputs.{name}", hint=hint)
