"""The blob store: by content, and honest about what it does not have."""

import hashlib

import pytest

from engine.ids import BlobRef
from workbench.services.blobs import PostgresBlobStore
from workbench.services.resources import Resources


async def test_bytes_come_back_by_their_hash_and_are_stored_once(resources: Resources) -> None:
    blobs = PostgresBlobStore(resources)
    data = bytes(range(256)) * 1_000
    ref = await blobs.put(data)
    assert ref == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert await blobs.put(data) == ref
    assert await blobs.get(ref) == data


@pytest.mark.parametrize("ref", ["sha256:00", "nonsense", "", "sha256:\x00"])
async def test_what_is_not_there_is_a_key_error(resources: Resources, ref: str) -> None:
    with pytest.raises(KeyError):
        await PostgresBlobStore(resources).get(BlobRef(ref))
