"""What the pages show: frozen dataclasses made from the services' shapes, holding only what is drawn."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.errors import Problem
from workbench import routes
from workbench.services import people
from workbench.services.health import ServiceHealth
from workbench.services.secrets import Secret
from workbench.services.shapes import Example, RunSummary, WorkflowSummary


@dataclass(frozen=True)
class Trouble:
    """An error as a person reads it: what happened, what to do, the reference it was logged under."""

    message: str
    hint: str = ""
    reference: str = ""


@dataclass(frozen=True)
class ProblemView:
    """A problem of a document or of a form; `node` and `field` are empty where it belongs to the whole."""

    code: str
    node: str
    field: str
    message: str
    hint: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemView":
        """Return the view of `problem`; Markdown's code marks in its hint become quotes."""
        hint = re.sub(r"`([^`]+)`", r"“\1”", problem.hint)
        return cls(problem.code, problem.node or "", problem.field or "", problem.message, hint)


def iso(moment: datetime | None) -> str:
    """Return an instant as ISO 8601, empty for none: how every view carries a time."""
    return moment.isoformat() if moment else ""


@dataclass(frozen=True)
class WorkflowRow:
    """A workflow in the list; times are ISO 8601, empty for none."""

    id: str
    href: str
    name: str
    description: str
    nodes: int
    live: str
    updated_at: str
    run_href: str
    run_status: str
    run_at: str
    run_form: str
    runs: str
    narrowed: bool

    @classmethod
    def of(cls, flow: WorkflowSummary) -> "WorkflowRow":
        """Return the row of `flow`."""
        return cls(
            id=flow.id,
            href=routes.editor(flow.id),
            name=flow.name,
            description=flow.description,
            nodes=flow.node_count,
            live=f"v{flow.live_version}" if flow.live_version else "",
            updated_at=iso(flow.updated_at),
            run_href=routes.run(flow.last_run_id) if flow.last_run_id else "",
            run_status=flow.last_run_status or "",
            run_at=iso(flow.last_run_at),
            run_form=routes.editor(flow.id, ask=True),
            runs=routes.runs(workflow_id=flow.id),
            narrowed=flow.narrowed,
        )

    def after(self, run: RunSummary) -> "WorkflowRow":
        """Return the row once `run` has become the workflow's last."""
        if iso(run.created_at) < self.run_at:
            return self
        return replace(self, run_href=routes.run(run.id), run_status=run.status, run_at=iso(run.created_at))


@dataclass(frozen=True)
class ExampleCard:
    """A shipped example in the gallery."""

    slug: str
    name: str
    description: str
    node_types: tuple[str, ...]

    @classmethod
    def of(cls, example: Example) -> "ExampleCard":
        """Return the card of `example`; each node type is there once, in the document's order."""
        types = tuple(dict.fromkeys(example.node_types))
        return cls(example.slug, example.name, example.description, types)


_TRIGGERS = {"webhook": "Webhook", "schedule": "Schedule", "workflow_end": "Workflow end"}


def triggered_by(run: RunSummary) -> str:
    """Return which trigger started a run, in words; empty when it was none."""
    kind = _TRIGGERS.get(run.trigger.type)
    return f"{kind} “{run.trigger.id}”" if kind else ""


@dataclass(frozen=True)
class Label:
    """A label of a run, as `name: value`, and the address of the runs that have it."""

    text: str
    href: str


def labels_of(run: RunSummary) -> list[Label]:
    """Return the labels of `run`, by name."""
    return [
        Label(f"{name}: {value}" if value else name, routes.runs(label=f"{name}:{value}"))
        for name, value in sorted(run.labels.items())
    ]


@dataclass(frozen=True)
class RunRow:
    """A run in the list; `error` is the first line of what went wrong."""

    id: str
    href: str
    workflow: str
    version: str
    status: str
    created_at: str
    started_at: str
    finished_at: str
    started_by: str
    error: str
    labels: list[Label] = field(default_factory=list)

    @classmethod
    def of(cls, run: RunSummary) -> "RunRow":
        """Return the row of `run`."""
        message = run.error.message.strip() if run.error else ""
        return cls(
            id=run.id,
            href=routes.run(run.id),
            workflow=run.workflow_name,
            version=f"v{run.version}" if run.version else "draft",
            status=run.status,
            created_at=iso(run.created_at),
            started_at=iso(run.started_at),
            finished_at=iso(run.finished_at),
            started_by=triggered_by(run) or people.name_of(run.started_by),
            error=message.splitlines()[0] if message else "",
            labels=labels_of(run),
        )


@dataclass(frozen=True)
class Choice:
    """What a select offers: the value that is stored, the words that are shown."""

    value: str
    label: str


SERVICE_NAMES = {"postgres": "Postgres", "temporal": "Temporal", "redis": "Redis", "worker": "Worker"}


@dataclass(frozen=True)
class ServiceView:
    """A service behind the workbench: whether it answers, what it said, and what to do if it does not."""

    name: str
    well: bool
    detail: str
    remedy: str

    @classmethod
    def of(cls, name: str, service: ServiceHealth) -> "ServiceView":
        """Return the view of the service that health calls `name`."""
        return cls(SERVICE_NAMES.get(name, name), service.status == "ok", service.detail, service.remedy)


@dataclass(frozen=True)
class SecretRow:
    """A secret in the list: everything but its value."""

    name: str
    updated_at: str
    updated_by: str

    @classmethod
    def of(cls, secret: Secret) -> "SecretRow":
        """Return the row of `secret`."""
        return cls(secret.name, iso(secret.updated_at), people.name_of(secret.updated_by))
