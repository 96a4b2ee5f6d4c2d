"""Passwords: kept as Argon2id, checked off the event loop, with the same work whether there is one or not.

Cost and length follow OWASP's Password Storage Cheat Sheet (Argon2id, 19 MiB, 2 passes) and NIST SP 800-63B
(length counts, composition does not; Unicode is normalised, so that every keyboard writes the same one).
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from nacl.exceptions import InvalidkeyError
from nacl.pwhash import argon2id

SHORTEST, LONGEST = 12, 200
"""How many characters a password may have."""

_PASSES, _BYTES = 2, 19 * 1024 * 1024
_AT_ONCE = 2
"""So many passwords are worked on at a time: a flood of sign-ins takes neither all memory nor every core."""


async def hashed(password: str) -> str:
    """Return what is kept of a password, in the PHC string format."""
    return await asyncio.get_running_loop().run_in_executor(_pool(), _hash, password)


async def fits(password: str, kept: str | None) -> bool:
    """Return whether `kept` was made from this password. Without one it is False, after as much work."""
    return await asyncio.get_running_loop().run_in_executor(_pool(), _fits, password, kept)


def weakness(password: str, *, email: str = "") -> str | None:
    """Return what is wrong with a password that somebody chose, in their words; None when nothing is."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters; a few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if len(set(password)) < 5 or password.casefold() == email.casefold():
        return "This password is too easy to guess. A few words in a row are hard to guess."
    return None


def _hash(password: str) -> str:
    return argon2id.str(_bytes(password), opslimit=_PASSES, memlimit=_BYTES).decode()


def _fits(password: str, kept: str | None) -> bool:
    try:
        fits = argon2id.verify((kept or _nobodys()).encode(), _bytes(password))
    except InvalidkeyError:
        return False
    return fits and kept is not None


@cache
def _nobodys() -> str:
    """Return the hash that is checked for those who have no password."""
    return _hash("nobody has this password")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
