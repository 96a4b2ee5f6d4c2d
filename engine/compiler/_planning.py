"""From an analysed document without problems to the plan that a run interprets."""

from engine.compiler._analysis import Analysis
from engine.contracts import Plan
from engine.graph import Document
from engine.nodes import PlanContext


def plan(document: Document, analysis: Analysis) -> Plan:
    """Return the plan; `analysis` must be the document's own and hold no problems."""
    steps = []
    for node_id in analysis.order:
        checked = analysis.checked[node_id]
        secret = tuple(
            n for n, names in checked.reads.items() if any(r.split(".")[0] == "secrets" for r in names)
        )
        roots = sorted(
            {
                ".".join(r.split(".")[:2]) if r.startswith("nodes.") else r.split(".")[0]
                for n in secret
                for r in checked.reads[n]
            }
            - {"secrets"}
        )
        context = PlanContext(
            config=checked.config,
            incoming=tuple(analysis.incoming.get(node_id, ())),
            after=analysis.implied[node_id],
            secret_fields=secret,
            reads=tuple(roots),
        )
        step = checked.type.plan(checked.node, context)
        if step is not None:
            steps.append(step)
    return Plan(
        version_hash=document.content_hash(),
        name=document.name,
        steps=tuple(steps),
        outputs=dict(document.outputs),
    )
