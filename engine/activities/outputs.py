"""Holding what a run gives back against the schema that its document has for it."""

import asyncio
from itertools import islice

from jsonschema import ValidationError
from referencing.exceptions import Unresolvable
from structlog.contextvars import bound_contextvars
from temporalio import activity

from engine.compiler import validator
from engine.contracts import CHECK_OUTPUTS, Outputs, OutputsChecked
from engine.errors import Failure

MOST = 5
"""Mismatches that are told; a list of thousands may be wrong in each of its items."""

LONGEST = 300
"""Characters of one of them: it may show the value."""


@activity.defn(name=CHECK_OUTPUTS)
async def check_outputs(given: Outputs) -> OutputsChecked:
    """Return why the outputs of a run do not fit their schema, if they do not."""
    with bound_contextvars(run_id=given.run_id):
        return OutputsChecked(failure=await asyncio.to_thread(_failure, given))


def _failure(given: Outputs) -> Failure | None:
    try:
        errors = islice(validator(given.output_schema).iter_errors(given.outputs), MOST)
        told = "; ".join(map(_told, errors))
    except (Unresolvable, RecursionError) as error:
        told = f"the schema cannot be used: {error or 'it refers to itself without end'}"
    if not told:
        return None
    hint = "Look at what makes this output, and at the schema of the workflow's outputs."
    return Failure(kind="output-mismatch", message=f"The outputs do not fit: {told}", hint=hint)


def _told(error: ValidationError) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    said = " ".join(error.message.split())
    return f"outputs{path}: {said if len(said) <= LONGEST else said[: LONGEST - 1] + '…'}"
