"""Scripts that stand beside a component's Python module, offered to the frontend's build.

They are linked where `rx.asset(..., shared=True)` links them, so that Reflex's clean-up of stale links holds
for them. `rx.asset` itself finds its caller by `inspect.stack()`, which goes through every loaded module for
every frame: with forty scripts that took four tenths of the web process's start.
"""

import os
import sys
from pathlib import Path


def script(module: str, file: str) -> str:
    """Link `file`, which stands beside `module` (its `__name__`), and return the path to import it from.

    Raises FileNotFoundError. Several processes may do so at once: a link is put in place whole.
    """
    source = Path(str(sys.modules[module].__file__)).with_name(file).resolve(strict=True)
    public = Path("external", *module.split("."), file)
    link = Path.cwd() / "assets" / public
    if not (link.is_symlink() and link.resolve() == source):
        link.parent.mkdir(parents=True, exist_ok=True)
        aside = link.with_name(f".{file}.{os.getpid()}")
        aside.symlink_to(source)
        aside.replace(link)
    return f"$/public/{public.as_posix()}"
