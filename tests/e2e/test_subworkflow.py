"""A sub-workflow's run survives the kill of the worker, and is found from the step that began it."""

import asyncio
from itertools import pairwise
from typing import Any

import httpx
from playwright.async_api import Page, expect

from tests.e2e.drawing import field, open_workflow, select
from tests.e2e.stack import Stack, finished
from tests.e2e.test_kill import part_of
from tests.e2e.witness import Witness


def node(id: str, type: str, x: int = 0, **config: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "config": config, "position": {"x": x, "y": 0}}


def row(name: str, *nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a document of nodes one behind the other."""
    ids = [one["id"] for one in nodes]
    edges = [{"source": a, "target": b} for a, b in pairwise(ids)]
    return {"format": "workbench/1", "name": name, "nodes": list(nodes), "edges": edges, **more}


async def made(api: httpx.AsyncClient, document: dict[str, Any], *, publish: bool = False) -> str:
    created = (await api.post("/workflows", json={"document": document})).raise_for_status().json()
    if publish:
        (await api.post(f"/workflows/{created['id']}/publish")).raise_for_status()
    return str(created["id"])


async def test_the_worker_is_killed_while_a_sub_workflow_runs(stack: Stack, witness: Witness) -> None:
    steps = [node(f"s{n}", "http", url=f"{witness.url}/s{n}?wait=0.3") for n in range(8)]
    inner = row("Inner", *steps, outputs={"last": "{{ nodes.s7.output.path }}"})
    async with stack.api() as api:
        other = await made(api, inner, publish=True)
        call = node("call", "subworkflow", workflow=other, version=1)
        outer = await made(api, row("Outer", call, outputs={"last": "{{ nodes.call.output.last }}"}))
        run = (await api.post("/runs", json={"workflow_id": outer})).raise_for_status().json()
        await asyncio.wait_for(witness.asked("/s3"), 60)
        next(one for one in stack.tree() if part_of(one.cmdline()) == "worker").kill()
        ended = await finished(api, run["id"])
        children = (await api.get("/runs", params={"parent_run_id": run["id"]})).json()["items"]
    assert (ended["status"], ended["outputs"]) == ("succeeded", {"last": "/s7"})
    assert [child["status"] for child in children] == ["succeeded"]
    assert {witness.seen[f"/s{n}"] for n in range(3)} == {1}, witness.seen
    assert sum(count - 1 for count in witness.seen.values()) <= 1, witness.seen


async def test_a_version_is_chosen_run_and_looked_at(page: Page, stack: Stack) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    greet = row("Greets", node("start", "input"), inputs=schema, outputs={"said": "Hi {{ inputs.name }}"})
    async with stack.api() as api:
        await made(api, greet, publish=True)
        outer = await made(api, row("Outer", node("call", "subworkflow")))

    await open_workflow(page, outer)
    await select(page, "call")
    await field(page, "workflow").select_option(label="Greets")
    await expect(field(page, "version")).to_have_value("1")
    await page.get_by_test_id("field-config.inputs").get_by_label("Value").fill("Ada")
    await expect(page.get_by_test_id("saved")).to_contain_text("Saved")
    await page.get_by_test_id("run").click()
    await expect(page.get_by_test_id("run-bar")).to_have_attribute("data-status", "succeeded", timeout=30_000)

    await page.get_by_test_id("inspector-output").click()
    await page.get_by_test_id("called-run").click()
    await page.wait_for_url("**/runs/*")
    await expect(page.get_by_test_id("run-bar")).to_contain_text("Version 1")
    await page.get_by_test_id("parent-run").click()
    await expect(page.get_by_test_id("node-call")).to_be_visible()
