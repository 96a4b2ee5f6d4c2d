"""Where the workbench keeps its things unless told otherwise, by the XDG base directories."""

import os
from pathlib import Path


def default_data_dir() -> Path:
    """Return `$XDG_DATA_HOME/workbench`, or its default below the home directory."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "workbench"


def default_cache_dir() -> Path:
    """Return `$XDG_CACHE_HOME/workbench`, or its default below the home directory."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "workbench"
