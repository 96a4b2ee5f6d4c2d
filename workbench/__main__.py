"""`python -m workbench`: the `workbench` command; the worker and the web process skip its libraries."""

import sys
from importlib import import_module

from workbench import bytecode

PROCESSES = {"worker": "workbench.worker", "web": "workbench.web"}
"""Commands that are a process of their own and, without options, need no command line's libraries."""


def main() -> None:
    """Become the process that is asked for, or leave it to the command line.

    An error that a person can act on is written without its traceback; the exit code is 1, and 2 where it is
    the settings that are wrong.
    """
    bytecode.keep()
    arguments = sys.argv[1:]
    module = PROCESSES.get(arguments[0]) if len(arguments) == 1 else None
    run = import_module(module or "workbench.cli").main
    from workbench.errors import WorkbenchError
    from workbench.outside import Misconfigured

    try:
        run()
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, Misconfigured) else 1)


if __name__ == "__main__":
    main()
