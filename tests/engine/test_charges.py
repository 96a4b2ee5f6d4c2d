"""What evaluations are charged decides where a heavy run pauses, so it is a part of every run in flight.

A filter whose charge changes would make such a run take another way when it is replayed. So the charges are
kept beside the saved histories. Where one must change, the interpreter's pause goes behind
`workflow.patched` first; then `python -m tests.engine.test_charges` writes the new ones.
"""

import json
from pathlib import Path

from engine import expressions
from tests.engine.test_expressions import CONTEXT

KEPT = Path(__file__).with_name("charges.json")
LONG = {
    "text": "some words, " * 50,
    "numbers": list(range(100)),
    "rows": [{"name": f"n{n}", "age": n} for n in range(100)],
}
HEAVY = {
    "loop": "{% for n in inputs.numbers %}{{ n * 2 }} {% endfor %}",
    "sort": "{{ inputs.rows | sort(attribute='age', reverse=true) | length }}",
    "map and join": "{{ inputs.rows | map(attribute='name') | join(',') | upper }}",
    "group": "{{ inputs.rows | groupby('age') | length }}",
    "json": "{{ inputs.rows | tojson }}",
    "replace": "{{ inputs.text | replace('words', 'a much longer text') }}",
}


def charge(text: str) -> int:
    """Return what one evaluation is charged."""
    before = expressions.spent()
    expressions.render(text, {**CONTEXT, "inputs": {**CONTEXT["inputs"], **LONG}})
    return expressions.spent() - before


def charges() -> dict[str, int]:
    """Return what the examples of every filter, function and test are charged, and some heavy expressions."""
    examples = {entry.example: charge(f"{{{{ {entry.example} }}}}") for entry in expressions.CATALOGUE}
    return examples | {name: charge(text) for name, text in HEAVY.items()}


def test_evaluations_are_charged_as_they_always_were() -> None:
    kept = json.loads(KEPT.read_text())
    assert {name: charge for name, charge in charges().items() if name in kept} == kept


def test_every_filter_has_a_kept_charge() -> None:
    assert charges().keys() == json.loads(KEPT.read_text()).keys()


if __name__ == "__main__":
    KEPT.write_text(json.dumps(charges(), indent=2, ensure_ascii=False) + "\n")
