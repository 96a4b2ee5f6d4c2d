"""Values between rows and the blob store: small ones stand in their row, large ones beside it."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from engine.ids import BlobRef
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import blobs as queries
from workbench.db.json_text import dumps, loads
from workbench.errors import NotFound
from workbench.services.access import requires
from workbench.services.blobs import INLINE_BYTES, SCHEME, PostgresBlobStore
from workbench.services.previews import preview_of
from workbench.services.resources import get_resources


@dataclass(frozen=True)
class Kept:
    """A value as a row keeps it."""

    output: Any
    output_blob: str | None
    output_bytes: int
    preview: str


class HasOutput(Protocol):
    """A row that keeps a value."""

    output: Any
    output_blob: str | None


async def keep(value: Any) -> Kept:
    """Return `value` as a row keeps it; what is large is in the blob store from now on."""
    data = b"" if value is None else dumps(value)
    large = len(data) > INLINE_BYTES
    blob = await PostgresBlobStore(get_resources()).put(data) if large else None
    return Kept(None if large else value, blob, len(data), preview_of(value))


async def whole(row: HasOutput) -> Any:
    """Return the value that a row keeps. Raises NotFound when its content is gone."""
    if not row.output_blob:
        return row.output
    return await asyncio.to_thread(loads, await blob(row.output_blob))


@requires(Action.RUNS_READ)
async def file(principal: Principal, ref: str) -> bytes:
    """Return a file of a run that the person may see. Raises NotFound.

    An expression can name any content, and so a value that says it is a file proves nothing: a step of one of
    the person's runs must have put it there.
    """
    digest = ref.removeprefix(SCHEME).replace("\x00", "")
    if not await get_resources().read(lambda session: queries.may_read(session, digest)):
        raise NotFound("No step of your runs put out such a file.")
    return await blob(ref)


async def blob(ref: str) -> bytes:
    """Return the content of the blob store under `ref`. Raises NotFound when there is none."""
    try:
        return await PostgresBlobStore(get_resources()).get(BlobRef(ref))
    except KeyError as error:
        raise NotFound("The content of this output is no longer in the blob store.") from error
