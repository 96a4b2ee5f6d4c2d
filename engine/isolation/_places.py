"""From the operator's policy to the place where code is executed."""

from types import TracebackType
from typing import assert_never

from engine.errors import Failure, NodeFailed
from engine.isolation._containers import Containers
from engine.isolation._docker import look
from engine.isolation._jobs import Isolation, Job, PythonPolicy, Readiness, Report
from engine.isolation._processes import Processes

_ON = "Set WORKBENCH_PYTHON to container, or leave it out, and start the workbench again."


def isolation(policy: PythonPolicy) -> Isolation:
    """Return where code is executed; nothing is looked for before it is needed."""
    match policy.way:
        case "container":
            return Containers(policy)
        case "process":
            return Processes()
        case "off":
            return _Nowhere()
        case _:
            assert_never(policy.way)


def readiness(policy: PythonPolicy) -> Readiness:
    """Say whether code can be executed under `policy`; blocks for up to a few seconds."""
    match policy.way:
        case "container":
            return look(policy)
        case "process":
            return Readiness(True, "run in processes, without a sandbox (WORKBENCH_PYTHON=process)")
        case "off":
            return Readiness(False, "switched off (WORKBENCH_PYTHON=off)", _ON)
        case _:
            assert_never(policy.way)


class _Nowhere:
    """Refuses every job."""

    async def run(self, job: Job) -> Report:
        """Raise NodeFailed."""
        raise NodeFailed(Failure(kind="python.off", message="Python steps are switched off here", hint=_ON))

    async def __aenter__(self) -> "_Nowhere":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
