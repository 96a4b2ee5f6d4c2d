"""The blob store: content-addressed, in Postgres, so that a backup of one database is a backup of all."""

import asyncio
import hashlib
from typing import TYPE_CHECKING

from engine.ids import BlobRef
from workbench.db import blobs as queries

if TYPE_CHECKING:
    from workbench.services.resources import Resources

SCHEME = "sha256:"

INLINE_BYTES = 64 * 1024
"""A larger value goes to the blob store instead of standing in its row."""


class PostgresBlobStore:
    """Implements engine.ports.BlobStore."""

    def __init__(self, resources: "Resources") -> None:
        self._resources = resources

    async def put(self, data: bytes, *, run_id: str | None = None) -> BlobRef:
        """Store `data` and return its reference; storing the same bytes again is free.

        What is put for a run may be read, as a file, by who may see that run.
        """
        digest = (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()
        async with self._resources.transaction() as session:
            await queries.put(session, digest, data)
            if run_id:
                await queries.put_for(session, digest, run_id)
        return BlobRef(SCHEME + digest)

    async def get(self, ref: BlobRef) -> bytes:
        """Return the bytes of `ref`; KeyError when there are none."""
        digest = ref.removeprefix(SCHEME)
        data = await self._resources.read(lambda session: queries.get(session, digest.replace("\x00", "")))
        if data is None:
            raise KeyError(ref)
        return data
