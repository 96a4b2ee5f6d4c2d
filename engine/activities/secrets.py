"""Secrets come in at the last moment and do not get out again.

Their values are looked up and rendered inside the activity, and whatever leaves it, an error or an output,
has them blotted out: a service may well send back the token it was given.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from engine import expressions
from engine.contracts import NodeTask
from engine.errors import ExpressionError, Failure, NodeFailed
from engine.ports import SecretStore

MASK = "•••"
SHORTEST = 4
"""A shorter value is not blotted out: it would be found by chance everywhere."""


async def rendered_config(task: NodeTask, store: SecretStore) -> tuple[Mapping[str, Any], "Blotter"]:
    """Return the task's config with its secret fields rendered, and what hides the secrets it holds.

    Raises NodeFailed of kind `secret-missing` for a name the store does not have, and ExpressionError.
    """
    if not task.secret_fields:
        return task.config, Blotter(())
    fields = {name: task.config[name] for name in task.secret_fields if name in task.config}
    secrets = {name: await _lookup(store, name, task.run_id) for name in sorted(_names(fields))}
    blotter = Blotter(tuple(secrets.values()))
    try:
        rendered = expressions.render(fields, {**task.context, "secrets": secrets})
    except ExpressionError:
        raise _explained(fields, {**task.context, "secrets": dict.fromkeys(secrets, MASK)}) from None
    return {**task.config, **rendered}, blotter


def _explained(fields: Mapping[str, Any], masked: Mapping[str, Any]) -> ExpressionError:
    """Return what is wrong with expressions as it shows without the secrets: a message may quote a part of
    a value, or what a filter made of it, which no blotter would find.
    """
    try:
        expressions.render(fields, masked)
    except ExpressionError as error:
        return error
    return ExpressionError("An expression cannot handle the value of the secret that it names.")


def _names(fields: Mapping[str, Any]) -> set[str]:
    paths = (path for path in expressions.references(fields) if path[0] == "secrets" and len(path) > 1)
    return {str(path[1]) for path in paths}


async def _lookup(store: SecretStore, name: str, run_id: str) -> str:
    try:
        return await store.get(name, run_id=run_id)
    except KeyError:
        failure = Failure(
            kind="secret-missing",
            message=f"There is no secret named {name}",
            hint=f"Store a secret under the name {name}, or mend the name in the step's settings.",
        )
        raise NodeFailed(failure) from None


class Blotter:
    """Replaces secret values, plain or in the usual encodings, by a mask."""

    def __init__(self, values: tuple[str, ...]) -> None:
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return `text` without secret values."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def failure(self, failure: Failure) -> Failure:
        """Return `failure` without secret values."""
        if not self._forms:
            return failure
        shown = {name: self.text(getattr(failure, name)) for name in ("message", "hint", "detail")}
        return failure.model_copy(update=shown)

    def value(self, value: Any) -> Any:
        """Return a JSON value without secret values in its strings and keys."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def _forms(value: str) -> set[str]:
    """Return a value as it is, as JSON, URL and base64 write it."""
    encoded = base64.b64encode(value.encode()).decode()
    return {value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""), quote_plus(value), encoded}
