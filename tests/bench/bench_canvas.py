"""What a person feels on the canvas: 500 nodes drawn and dragged, and how late a status is."""

import asyncio
import shutil
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.bench.figures import Figure, percentile
from tests.e2e.conftest import CHROMIUM
from tests.e2e.stack import Stack, finished
from tests.e2e.witness import Witness

FIRST_NODE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('.react-flow__node')) return
  window.firstNodeMs = performance.now()
  observer.disconnect()
}).observe(document, {childList: true, subtree: true})
"""
FRAMES = """
() => {
  window.frames_ = []
  const tick = t => { window.frames_.push(t); window.ticking = requestAnimationFrame(tick) }
  window.ticking = requestAnimationFrame(tick)
}
"""
STATUSES = """
() => {
  window.seen = {}
  const note = element => {
    const id = element.dataset.testid.slice(7)
    if (element.dataset.status === 'succeeded' && !(id in window.seen)) window.seen[id] = Date.now()
  }
  const look = () => document.querySelectorAll('[data-testid^="status-"]').forEach(note)
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true})
}
"""


def grid(size: int) -> dict[str, Any]:
    """Return a document of `size` transforms and as many edges, 25 in a row."""
    nodes = [
        {"id": f"n{n}", "type": "transform", "config": {"value": n},
         "position": {"x": (n % 25) * 320, "y": (n // 25) * 180}}
        for n in range(size)
    ]  # fmt: skip
    edges = [{"source": f"n{n}", "target": f"n{n + 1}"} for n in range(size - 1)]
    edges.append({"source": "n0", "target": "n2"})
    return {"format": "workbench/1", "name": "Five hundred", "nodes": nodes, "edges": edges}


async def create(stack: Stack, document: dict[str, Any]) -> str:
    """Store a workflow and return its id."""
    async with stack.api() as api:
        answer = (await api.post("/workflows", json={"document": document})).raise_for_status()
    return str(answer.json()["id"])


async def drag(page: Page, node: str, *, seconds: float = 3) -> float:
    """Drag one node about for a while and return the frames a second that the page drew meanwhile."""
    box = await page.get_by_test_id(f"node-{node}").bounding_box()
    assert box
    x, y = box["x"] + 40, box["y"] + 12
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.evaluate(FRAMES)
    end = time.perf_counter() + seconds
    step = 0
    while time.perf_counter() < end:
        step += 1
        await page.mouse.move(x + step % 60 * 3, y + step % 40 * 2)
    frames = await page.evaluate("() => { cancelAnimationFrame(window.ticking); return window.frames_ }")
    return (len(frames) - 1) / (frames[-1] - frames[0]) * 1000


async def canvas(browser: Browser, stack: Stack) -> list[Figure]:
    """Measure 500 nodes: first node drawn, frames while dragging, messages while dragging and on release."""
    workflow = await create(stack, grid(500))
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    sent: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    await page.add_init_script(FIRST_NODE)
    await page.goto(f"{stack.url}/workflows/{workflow}")
    await page.wait_for_function("window.firstNodeMs")
    first = await page.evaluate("window.firstNodeMs") / 1000
    await asyncio.sleep(3)
    nodes = page.locator(".react-flow__node")
    node = str(await nodes.nth(await nodes.count() // 2).get_attribute("data-id"))
    before = len(sent)
    rate = await drag(page, node)
    during = events(sent[before:])
    before = len(sent)
    await page.mouse.up()
    await asyncio.sleep(1.5)
    released = events(sent[before:])
    await page.close()
    return [
        Figure("500 nodes: first node drawn", first, 1.5, "s", note="from navigation, page code not cached"),
        Figure("500 nodes: frames while dragging", rate, 45, "/s", at_most=False, note="software rendering"),
        Figure("500 nodes: messages while dragging", during, 0, ""),
        Figure("500 nodes: messages on release", released, 1, ""),
    ]


def events(frames: list[str | bytes]) -> int:
    """Count the frames that carry an event: socket.io's `42…`, not its pings."""
    return sum(1 for frame in frames if str(frame).startswith("42"))


async def status_ms(browser: Browser, stack: Stack, *, runs: int = 5) -> list[float]:
    """Return, for each step of some runs, the milliseconds from its end to its status in an open page."""
    witness = Witness()
    # The first step is long: the page opens and connects meanwhile.
    urls = [f"{witness.url}/s{n}?wait={0.15 if n else 6}" for n in range(10)]
    nodes = [{"id": f"s{n}", "type": "http", "config": {"url": url}} for n, url in enumerate(urls)]
    edges = [{"source": f"s{n}", "target": f"s{n + 1}"} for n in range(9)]
    document = {"format": "workbench/1", "name": "Latency", "nodes": nodes, "edges": edges}
    workflow = await create(stack, document)
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    late: list[float] = []
    async with stack.api() as api:
        for _ in range(runs):
            answer = await api.post("/runs", json={"workflow_id": workflow, "inputs": {}})
            run = answer.raise_for_status().json()
            await page.goto(f"{stack.url}/runs/{run['id']}")
            await page.get_by_test_id("node-s0").wait_for()
            await page.evaluate(STATUSES)
            opened = time.time() * 1000
            ended = await finished(api, run["id"])
            await asyncio.sleep(0.5)
            seen = await page.evaluate("window.seen")
            for node in ended["nodes"]:
                end = datetime.fromisoformat(node["finished_at"]).timestamp() * 1000
                if end > opened and node["node_id"] in seen:
                    late.append(seen[node["node_id"]] - end)
    await page.close()
    witness.close()
    return late


async def measure() -> list[Figure]:
    """Start a stack and a Chromium and measure both."""
    workspace = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    stack = Stack(workspace / "data")
    await stack.start()
    try:
        async with async_playwright() as playwright:
            path = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
            figures = await canvas(browser, stack)
            late = await status_ms(browser, stack)
            await browser.close()
    finally:
        await stack.stop()
        shutil.rmtree(workspace)
    note = f"{len(late)} steps, median {percentile(late, 50):.0f} ms"
    return [*figures, Figure("a status reaches the browser, p95", percentile(late, 95), 100, "ms", note=note)]
