"""How values travel through Temporal: as JSON by pydantic, and by reference when they are large."""

import functools
from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    EncodingPayloadConverter,
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from engine.ids import BlobRef
from engine.ports import BlobStore

THRESHOLD = 64 * 1024
"""Bytes from which a payload goes to the blob store."""


@functools.cache
def _converters() -> tuple[EncodingPayloadConverter, ...]:
    return tuple(PydanticPayloadConverter().converters.values())


class SharedPydanticConverter(CompositePayloadConverter):
    """Pydantic's converter, made once: the SDK makes one for each activity, and its type adapters with it."""

    def __init__(self) -> None:
        super().__init__(*_converters())


class BlobDriver(StorageDriver):
    """Keeps large payloads in the blob store. Its name is in every reference: it never changes."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def name(self) -> str:
        """Return the name that references carry."""
        return "workbench-blobs"

    async def store(
        self, context: StorageDriverStoreContext, payloads: Sequence[Payload]
    ) -> list[StorageDriverClaim]:
        """Store each payload as one blob."""
        refs = [await self._blobs.put(payload.SerializeToString(deterministic=True)) for payload in payloads]
        return [StorageDriverClaim({"ref": ref}) for ref in refs]

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        """Read the payloads back; KeyError when one is gone."""
        return [
            Payload.FromString(await self._blobs.get(BlobRef(claim.claim_data["ref"]))) for claim in claims
        ]


def data_converter(blobs: BlobStore) -> DataConverter:
    """Return the converter that client and worker share."""
    storage = ExternalStorage(drivers=[BlobDriver(blobs)], payload_size_threshold=THRESHOLD)
    return DataConverter(payload_converter_class=SharedPydanticConverter, external_storage=storage)
