"""Keeps compiled bytecode where the environment forbids it beside the sources.

PYTHONDONTWRITEBYTECODE is common in containers. Worker and web process would compile some thousand modules
at each start then, which takes six times as long as loading them; so they are kept in the cache directory.
"""

import os
import sys
from pathlib import Path

from workbench.places import default_cache_dir


def keep() -> None:
    """Have this process and its children keep bytecode in the cache directory, if nowhere else.

    An environment that names a place of its own (PYTHONPYCACHEPREFIX) is left as it is.
    """
    if not sys.dont_write_bytecode or sys.pycache_prefix:
        return
    cache = os.environ.get("WORKBENCH_CACHE_DIR")
    prefix = (Path(cache) if cache else default_cache_dir()) / "bytecode"
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = os.path.abspath(prefix)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
