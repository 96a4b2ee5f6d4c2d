"""`workbench repair`: the records of runs, rebuilt from Temporal's history."""

import json
from typing import Any

from workbench import telemetry
from workbench.commands.api import connected
from workbench.commands.signals import run_until_told
from workbench.commands.terminal import Progress, emit, fail
from workbench.embedded.layout import DataDir
from workbench.embedded.supervisor import Supervisor
from workbench.errors import WorkbenchError
from workbench.settings import Settings

DONE, FAILED = 0, 1
_PATIENCE_S = 600.0
"""What one call may take: it replays some runs, and a run may be large."""


def repair(settings: Settings, run_id: str | None, *, as_json: bool) -> int:
    """Rebuild the records of `run_id`, or of all runs; return 0 when none is left that cannot be."""
    try:
        home = DataDir(settings.data_dir)
        home.create()
        telemetry.configure("repair", data_dir=settings.data_dir, level=settings.log_level, console=False)
        progress = Progress()
        supervisor = Supervisor(home, report=progress)
        main = _repair(supervisor, settings, progress, run_id, as_json=as_json)
        return run_until_told(main, hurry=supervisor.kill, told=FAILED)
    except WorkbenchError as error:
        fail(str(error))
        return FAILED


async def _repair(
    supervisor: Supervisor, settings: Settings, progress: Progress, run_id: str | None, *, as_json: bool
) -> int:
    looked_at, found = 0, []
    async with connected(supervisor, settings, progress) as api:
        if run_id:
            looked_at, found = 1, [await api.send("POST", f"/runs/{run_id}/repair", timeout_s=_PATIENCE_S)]
        path: str | None = None if run_id else "/runs/repair"
        while path:
            page = await api.send("POST", path, timeout_s=_PATIENCE_S)
            looked_at, found = looked_at + page["looked_at"], [*found, *page["runs"]]
            path = f"/runs/repair?cursor={page['next_cursor']}" if page["next_cursor"] else None
    if as_json:
        emit(json.dumps({"looked_at": looked_at, "runs": found}, indent=2))
    else:
        _tell(looked_at, found)
    return FAILED if any(run["problem"] for run in found) else DONE


def _tell(looked_at: int, found: list[dict[str, Any]]) -> None:
    for run in found:
        parts = [f"{run['nodes']} nodes"] if run["nodes"] else []
        parts += ["the run itself"] if run["run"] else []
        if parts:
            emit(f"{run['run_id']}: rebuilt {' and '.join(parts)}.")
        if run["problem"]:
            emit(f"{run['run_id']}: {run['problem']}")
    mended = sum(bool(run["nodes"] or run["run"]) for run in found)
    emit(f"Looked at {looked_at} runs that Temporal knows; {mended or 'nothing'} had to be rebuilt.")
