"""Health: each service is asked by itself, and the answer says what to do."""

import asyncio

import pytest

from workbench.services import health
from workbench.services.resources import Resources
from workbench.settings import Settings


async def test_all_is_well(resources: Resources, worker: None) -> None:
    async with asyncio.timeout(20):  # a worker that has just started is known once it asks for work
        while (report := await health.health()).status != "ok":
            await asyncio.sleep(0.1)
    assert list(report.services) == ["postgres", "redis", "temporal", "worker"]
    assert {service.status for service in report.services.values()} == {"ok"}
    assert report.services["redis"].detail.startswith("Valkey 9")


@pytest.mark.parametrize(
    ("setting", "value", "away"),
    [
        ("redis_url", "redis://127.0.0.1:1/0", {"redis"}),
        ("database_url", "postgresql+psycopg://nobody@127.0.0.1:1/nothing", {"postgres"}),
        ("temporal_address", "127.0.0.1:1", {"temporal", "worker"}),
        ("temporal_address", None, {"temporal", "worker"}),
        ("task_queue", "nobody-works-here", {"worker"}),
    ],
)
async def test_what_is_away_is_named_with_a_remedy(
    settings: Settings,
    worker: None,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    away: set[str],
) -> None:
    resources = Resources(settings.model_copy(update={setting: value}))
    monkeypatch.setattr(health, "get_resources", lambda: resources)
    report = await health.health()
    assert {name for name, service in report.services.items() if service.status != "ok"} == away
    assert report.status == "degraded"
    assert all(report.services[name].detail and report.services[name].remedy for name in away)
    await resources.close()
