"""API keys: what they look like, and what a program that holds one can never do.

A key is `wb_<8 public>_<43 secret>`: scanners of repositories find it by its shape, people know it by its
first part, and its second holds 256 bits. Only its SHA-256 is stored; against so many bits a slow hash adds
nothing.
"""

import hashlib
import re
import secrets
import string
from dataclasses import dataclass

from workbench.auth.roles import EVERYTHING, INSTALLATION, Action

_PUBLIC = string.ascii_lowercase + string.digits
_SECRET = string.ascii_letters + string.digits
_SECRET_LENGTH = 43
"""62 characters: 43 of them are the first number that has 256 bits."""

_KEY = re.compile(rf"wb_[a-z0-9]{{8}}_[A-Za-z0-9]{{{_SECRET_LENGTH}}}")

PERSONAL = EVERYTHING - {Action.SELF_SECURE, Action.SERVICE_KEYS_WRITE, Action.IMPERSONATE}
"""What a person's key may allow: a key that leaks makes no further keys, and locks nobody out."""

SERVICE = PERSONAL - INSTALLATION - {Action.SELF}
"""What a program's own key may allow: it is nobody, and stays in its workspace."""


@dataclass(frozen=True, repr=False)
class NewKey:
    """A key that was just made: `text` is for its holder and never seen again."""

    text: str
    shown: str
    hash: str


def make() -> NewKey:
    """Return a new key."""
    shown = "wb_" + _some(_PUBLIC, 8)
    text = f"{shown}_{_some(_SECRET, _SECRET_LENGTH)}"
    return NewKey(text, shown, digest(text))


def is_key(text: str) -> bool:
    """Return whether `text` has a key's shape."""
    return _KEY.fullmatch(text) is not None


def digest(key: str) -> str:
    """Return by what a key is found in the database."""
    return hashlib.sha256(key.encode()).hexdigest()


def shown(key: str) -> str:
    """Return the part of a key that may be shown and logged."""
    return key[: len("wb_") + 8]


def _some(alphabet: str, number: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(number))
