"""Writes this folder's README: `python -m engine.expressions > engine/expressions/README.md`."""

import sys

from engine.expressions import documentation

HEAD = """# Expressions

Text in a document may hold [MiniJinja](https://docs.rs/minijinja): `{{ … }}` writes a value, `{% if … %}`
and `{% for … %}` decide and repeat. Text that is exactly one `{{ … }}` gives the value itself; in any other
text, values are written as JSON and texts as they are.

Expressions read `inputs.NAME`, `nodes.ID.output` (also `.status` and `.error`), `run.id`, `run.started_at`
and, where a setting says so, `secrets.NAME`. What is not there is an error; `inputs.a | default('-')` and
`inputs.a is defined` ask first. The statements are `if`, `elif`, `else`, `for`, `set`, `break` and
`continue`, and a sum can be carried out of a loop with `{% set ns = namespace(total=0) %}`.

In a map, expressions also read `item` and `index`, in a loop `index` and `last`, and from deeper inside
`nodes.ID.item`, `.index` and `.last` of the map or loop ID around them. What is evaluated at the end of a
pass (a map's `next`, a loop's `until`) reads its `result`. A variable of the same name hides such a name.

Every expression ends soon: it may read about 200,000 items or 6 MB of text.
"""


def readme() -> str:
    """Return the README."""
    return f"{HEAD}\n{documentation()}"


if __name__ == "__main__":
    sys.stdout.write(readme())
