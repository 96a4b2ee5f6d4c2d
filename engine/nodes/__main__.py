"""Writes this folder's README: `python -m engine.nodes > engine/nodes/README.md`."""

import sys

from engine.nodes import NODE_TYPES, documentation

HEAD = """# Node types

One file a type, one line in `NODE_TYPES`; this page is made of them (`python -m engine.nodes`). Strings in
settings may be [expressions](../expressions/README.md). Around every step stands its policy: `retry`,
`timeout_s` and `total_timeout_s`, and `on_error`: the run fails, goes on along the error port (`continue`),
or the step waits until somebody decides (`pause`: retry, perhaps with other settings, give its output, skip,
abort; a map or loop whose passes have begun is not retried within its run). `compensate` names a node beside
the flow that undoes this one's work when the run fails or is cancelled later: the last success first. In a
map or a loop it stands in there too, and undoes in each pass what that did. Nodes of one `concurrency` group
share a limit, in each run or across all runs. With `cache: false` the output is never reused when only a part
of a draft is run.
"""


def readme() -> str:
    """Return the README."""
    return f"{HEAD}\n{documentation(NODE_TYPES)}"


if __name__ == "__main__":
    sys.stdout.write(readme())
