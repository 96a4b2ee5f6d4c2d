"""`python -m workbench`: the `workbench` command; the worker and the web process skip its libraries."""

import sys
from importlib import import_module

from workbench import bytecode

PROCESSES = {"worker": "workbench.worker", "web": "workbench.web"}
"""Commands that are a process of their own and, without options, need no command line's libraries."""


def main() -> None:
    """Become the process that is asked for, or leave it to the command line."""
    bytecode.keep()
    arguments = sys.argv[1:]
    module = PROCESSES.get(arguments[0]) if len(arguments) == 1 else None
    import_module(module or "workbench.cli").main()


if __name__ == "__main__":
    main()
