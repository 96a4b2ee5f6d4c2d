"""Runs that began before a change of the code go on after it: saved histories lead to the same commands."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from engine.contracts import RecordBatch
from engine.payloads import data_converter
from engine.runtime import sandbox
from engine.workflows import calls
from engine.workflows.graph_run import GraphRun
from engine.workflows.scheduled_start import ScheduledStart
from tests.engine.memory import MemoryBlobs

HISTORIES = sorted(Path(__file__).with_name("histories").glob("*.json"))


async def replay(path: Path) -> None:
    """Replay a saved history; raises NondeterminismError when the code takes another way."""
    replayer = Replayer(
        workflows=[GraphRun, ScheduledStart],
        workflow_runner=sandbox(),
        data_converter=data_converter(MemoryBlobs()),
    )
    await replayer.replay_workflow(saved(path))


def saved(path: Path) -> WorkflowHistory:
    """Read a saved history."""
    return WorkflowHistory.from_json(f"run-{path.stem}", path.read_text())


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_saved_history_is_replayed(path: Path) -> None:
    await replay(path)


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 12


async def test_replay_notices_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forget(batch: RecordBatch) -> None:
        pass

    monkeypatch.setattr(calls, "record", forget)
    with pytest.raises(NondeterminismError):
        await replay(next(path for path in HISTORIES if path.stem == "delay"))
