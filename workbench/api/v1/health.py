"""`GET /health`."""

from fastapi import APIRouter, Response

from workbench.services import health as service

router = APIRouter(prefix="/health", tags=["health"])


@router.get("", summary="Whether every service answers", responses={503: {"model": service.Health}})
async def read_health(response: Response) -> service.Health:
    """Ask Postgres, Redis, Temporal and the worker. The status is 503 when one of them is away."""
    report = await service.health()
    response.status_code = 200 if report.status == "ok" else 503
    return report
