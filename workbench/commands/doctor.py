"""`workbench doctor`: what is installed, running and reachable, and the remedy for what is not."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table
from rich.text import Text

from engine.isolation import PythonPolicy, readiness
from workbench.commands.terminal import emit, out
from workbench.embedded import binaries, frontend, ports, probes
from workbench.embedded.instance import InstanceInfo, running_instance
from workbench.embedded.layout import DataDir
from workbench.embedded.privileges import account_for
from workbench.errors import WorkbenchError
from workbench.project import project_root
from workbench.settings import Settings, endpoint_of

_PYTHONS = ((3, 11), (3, 13))
_ROOM_BYTES = 1_000_000_000
_MARKS = {"ok": ("✓", "green"), "note": ("–", "yellow"), "problem": ("✗", "red")}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Only a `problem` keeps the workbench from working; it has a remedy."""

    name: str
    state: Literal["ok", "note", "problem"]
    detail: str
    remedy: str = ""


def doctor(settings: Settings, *, as_json: bool) -> int:
    """Look at everything and write what was found; return 0 when there is no problem, else 1."""
    findings = list(_findings(settings))
    if as_json:
        emit(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _show(findings)
    return 1 if any(finding.state == "problem" for finding in findings) else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    home = DataDir(settings.data_dir)
    yield _python()
    yield _program(
        "Postgres", lambda: binaries.postgres(account_for(home.postgres)) / "postgres", "--version"
    )
    yield _program("Valkey", binaries.valkey, "--version")
    yield _program("Temporal", binaries.temporal, "--version")
    yield _program("Bun", binaries.bun, "--version")
    yield _data_dir(home)
    yield _web_pages(settings)
    yield _python_steps(settings)
    try:
        info = running_instance(home)
    except WorkbenchError as error:
        yield Finding(
            "Workbench", "problem", str(error), "Give a data directory of your own with --data-dir."
        )
        return
    yield _instance(home, info)
    yield from _services(settings) if info is None or info.url is None else _health(info.url)
    if info is None:
        yield _port(settings)


def _python() -> Finding:
    lowest, highest = _PYTHONS
    version = ".".join(map(str, sys.version_info[:3]))
    if lowest <= sys.version_info[:2] <= highest:
        return Finding("Python", "ok", f"{version}, {sys.executable}")
    wanted = f"{lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}"
    return Finding(
        "Python", "problem", f"{version} is not one of {wanted}", "uv python install 3.11, then: uv sync"
    )


def _program(name: str, find: Callable[[], Path], option: str) -> Finding:
    try:
        path = find()
        answer = subprocess.run([path, option], capture_output=True, text=True, timeout=20, check=True)
    except WorkbenchError as error:
        return Finding(name, "problem", str(error), "uv sync")
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name, "problem", f"{path} does not run here: {error}", "uv sync --reinstall")
    return Finding(name, "ok", f"{answer.stdout.strip().splitlines()[0]}, {path}")


def _data_dir(home: DataDir) -> Finding:
    place = home.root
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        remedy = f"Make {place} yours, or give another directory with --data-dir."
        return Finding("Data directory", "problem", f"{home.root}: {place} cannot be written to", remedy)
    free = shutil.disk_usage(place).free
    detail = f"{home.root}, {free / 1e9:.1f} GB free"
    if free < _ROOM_BYTES:
        return Finding("Data directory", "problem", detail, "Make room: the services need about 1 GB.")
    return Finding("Data directory", "ok", detail)


def _web_pages(settings: Settings) -> Finding:
    try:
        build = frontend.current(project_root(), settings.cache_dir)
    except WorkbenchError as error:
        return Finding("Web pages", "problem", str(error), "git clone the repository, then: uv run workbench")
    if frontend.is_built(build):
        return Finding("Web pages", "ok", f"built, {build}")
    return Finding("Web pages", "note", "not built for these sources; the next start builds them")


def _python_steps(settings: Settings) -> Finding:
    """Only workflows with Python steps need Docker, so that it is not there is no problem yet."""
    found = readiness(PythonPolicy(way=settings.python, image=settings.python_image))
    return Finding("Python steps", "ok" if found.ready else "note", found.detail, found.remedy)


def _instance(home: DataDir, info: InstanceInfo | None) -> Finding:
    if info is None:
        return Finding("Workbench", "note", f"not running in {home.root}; start it with: workbench")
    if info.url is None:
        return Finding("Workbench", "note", f"process {info.pid} is starting, or runs a single workflow")
    return Finding("Workbench", "ok", f"running at {info.url}, process {info.pid}, logs in {home.logs}")


def _services(settings: Settings) -> Iterator[Finding]:
    """Look at services that are not ours to start; for ours, say that they will be."""
    places = {
        "Postgres": ("DATABASE_URL", settings.database_url),
        "Valkey": ("REDIS_URL", settings.redis_url),
        "Temporal": ("TEMPORAL_ADDRESS", settings.temporal_address and f"//{settings.temporal_address}"),
    }
    for name, (variable, url) in places.items():
        if not url:
            yield Finding(f"{name} service", "note", "embedded; started together with the workbench")
            continue
        place = endpoint_of(url)
        if place is None or asyncio.run(probes.accepts(*place)):
            yield Finding(f"{name} service", "ok", f"outside, from WORKBENCH_{variable}, reachable")
        else:
            detail = f"nothing answers at {place[0]}:{place[1]}"
            remedy = f"Start it there, or mend or unset WORKBENCH_{variable}."
            yield Finding(f"{name} service", "problem", detail, remedy)


def _health(url: str) -> Iterator[Finding]:
    import httpx

    try:
        answer = httpx.get(f"{url}/api/v1/health", timeout=10, trust_env=False).json()
        services: dict[str, dict[str, object]] = answer["services"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        remedy = "Stop it with Ctrl-C and start it again; its logs say why."
        yield Finding("Web process", "problem", f"{url} does not answer as it should: {error}", remedy)
        return
    for name, service in services.items():
        well = service.get("status") == "ok"
        detail = str(service.get("detail") or service.get("status"))
        remedy = str(service.get("remedy") or "")
        yield Finding(f"{name} service", "ok" if well else "problem", detail, remedy)


def _port(settings: Settings) -> Finding:
    if ports.is_free(settings.host, settings.port):
        return Finding("Port", "ok", f"{settings.port} on {settings.host} is free")
    remedy = f"Stop that program, or start with: workbench --port {settings.port + 1}"
    return Finding(
        "Port", "problem", f"{settings.port} on {settings.host} is taken by another program", remedy
    )


def _show(findings: list[Finding]) -> None:
    table = Table.grid(padding=(0, 1))
    for finding in findings:
        mark, style = _MARKS[finding.state]
        text = Text(finding.detail, overflow="fold")
        if finding.remedy:
            text.append(f"\n→ {finding.remedy}", style="bold")
        table.add_row(Text(mark, style=style), Text(finding.name, style="bold"), text)
    out.print(table)
