"""Sealing secrets with libsodium (PyNaCl) under keys that are never in the database.

The keys are `WORKBENCH_SEALING_KEYS` (base64, 32 bytes each, comma separated), or one in the data directory
that is made when first needed. The first key seals; the others still open what was sealed before, so a new
key is put in front, and an old one taken away once nothing is sealed with it.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import Aead
from nacl.utils import random

from workbench.errors import Unavailable
from workbench.settings import Settings


class SealingKeys:
    """The keys of a process, by a name that gives nothing away."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys: Mapping[str, Aead] = {_name(key): Aead(key) for key in keys}
        self._raw: Mapping[str, bytes] = {_name(key): key for key in keys}

    @classmethod
    def of(cls, settings: Settings) -> "SealingKeys":
        """Return the settings' keys, or the data directory's. Raises Unavailable for what is no key."""
        given = settings.sealing_keys
        if given is None:
            path = settings.data_dir / "keys" / "sealing"
            return cls((_decoded(_from_file(path), str(path)),))
        return cls(
            tuple(_decoded(key, "WORKBENCH_SEALING_KEYS") for key in given.get_secret_value().split(","))
        )

    def derived(self, purpose: str) -> Mapping[str, bytes]:
        """Return 32 bytes for a purpose out of each key, by the key's name, the present one first."""
        person = purpose.encode().ljust(16, b"\0")[:16]
        return {
            name: hashlib.blake2b(digest_size=32, key=key, person=person).digest()
            for name, key in self._raw.items()
        }

    def seal(self, name: str, value: str) -> tuple[bytes, str]:
        """Return `value` sealed for the secret `name`, and the name of the key it was sealed with."""
        key_id, box = next(iter(self._keys.items()))
        return bytes(box.encrypt(value.encode(), aad=name.encode())), key_id

    def open(self, name: str, sealed: bytes, key_id: str) -> str:
        """Return what was sealed for the secret `name`.

        Raises Unavailable when the key is not here, or the content was tampered with.
        """
        if key_id not in self._keys:
            raise Unavailable(
                f"The secret {name!r} was sealed with the key {key_id}, which this process does not have. "
                "Add that key to WORKBENCH_SEALING_KEYS, or store the secret again."
            )
        try:
            return self._keys[key_id].decrypt(sealed, aad=name.encode()).decode()
        except CryptoError as error:
            raise Unavailable(f"The secret {name!r} was changed in the database; store it again.") from error


def _name(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=4, person=b"workbench-key").hexdigest()


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != Aead.KEY_SIZE:
        raise Unavailable(f"{source} has to hold base64 of 32 bytes: openssl rand -base64 32")
    return key


def _from_file(path: Path) -> str:
    """Return the data directory's key. Of processes that make it at once, one wins and the others read it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(random(Aead.KEY_SIZE)))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text()
