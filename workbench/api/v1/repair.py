"""Rebuilding the rows of runs from what Temporal knows."""

from fastapi import APIRouter

from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor
from workbench.services import repair
from workbench.services.shapes import Repaired, RunRepair

router = APIRouter(prefix="/runs", tags=["runs"])


@router.post("/repair", summary="Rebuild the records of runs")
async def repair_runs(principal: CurrentPrincipal, cursor: Cursor = None) -> Repaired:
    """From Temporal's history, some runs in each call, the latest first. What is whole is left as it is."""
    return await repair.repair_page(principal, cursor)


@router.post("/{run_id}/repair", summary="Rebuild the records of one run")
async def repair_run(principal: CurrentPrincipal, run_id: str) -> RunRepair:
    """From Temporal's history. What is whole is left as it is."""
    return await repair.repair_run(principal, run_id)
