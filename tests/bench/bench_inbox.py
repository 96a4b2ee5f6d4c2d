"""What a reviewer feels: 10,000 open tasks, the inbox opened by a click, narrowed, searched and sorted."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import psycopg
from playwright.async_api import Browser, Page, async_playwright

from tests.bench.figures import Figure, percentile
from tests.e2e.conftest import CHROMIUM
from tests.e2e.stack import Stack

TASKS = 10_000
TIMES = 12

COPY = """
INSERT INTO tasks ({columns}, id, scope, title, search, priority, opened_at, due_at)
SELECT {columns}, gen_random_uuid()::text, 'm:' || n, 'Pay invoice ' || n || ' of supplier ' || n %% 97,
  'pay invoice ' || n || ' of supplier ' || n %% 97 || ' ' || repeat('the context of a task goes on ', 20),
  n %% 5 + 1, now() - n * interval '1 second', CASE WHEN n %% 3 = 0 THEN now() + n * interval '1 minute' END
FROM tasks, generate_series(1, %(count)s) n WHERE id = %(id)s
"""
OWN = {"id", "scope", "title", "search", "priority", "opened_at", "due_at"}

UNTIL = """
async ([act, shown]) => {
  const rows = () => [...document.querySelectorAll('[data-testid="task-row"]')]
  const done = new Function('rows', 'return ' + shown)
  const begin = performance.now()
  new Function(act)()
  while (!done(rows())) {
    if (performance.now() - begin > 20000) throw new Error('nothing was shown: ' + shown)
    await new Promise(requestAnimationFrame)
  }
  await new Promise(requestAnimationFrame)
  return performance.now() - begin
}
"""
"""Acts, and returns the milliseconds until what is to be shown was drawn, frame by frame."""

SET = """
const field = document.querySelector('[data-testid="%s"]')
Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, '%s')
field.dispatchEvent(new Event('%s', {bubbles: true}))
"""


def database_of(stack: Stack) -> str:
    """Return the address of a stack's Postgres, as its processes have it."""
    for process in stack.tree():
        if url := process.environ().get("WORKBENCH_DATABASE_URL"):
            return url.replace("postgresql+psycopg", "postgresql")
    raise RuntimeError("no process of the stack knows a database")


async def fill(stack: Stack) -> None:
    """Let one run ask, and copy its task."""
    ask = {"id": "ask", "type": "approval", "config": {"title": "Pay?", "context": "The context. " * 40}}
    document = {"format": "workbench/1", "name": "Invoices", "nodes": [ask]}
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document})).raise_for_status().json()
        (await api.post("/runs", json={"workflow_id": workflow["id"]})).raise_for_status()
        while not (found := (await api.get("/hitl/tasks")).json()["items"]):
            await asyncio.sleep(0.2)
    async with await psycopg.AsyncConnection.connect(database_of(stack), autocommit=True) as connection:
        names = await connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'tasks'"
        )
        columns = ", ".join(name for (name,) in await names.fetchall() if name not in OWN)
        await connection.execute(
            COPY.format(columns=columns).encode(), {"count": TASKS, "id": found[0]["id"]}
        )
        await connection.execute("ANALYZE tasks")


async def took(page: Page, act: str, shown: str) -> float:
    """Return the milliseconds from an act to what it shows."""
    return float(await page.evaluate(UNTIL, [act, shown]))


async def opened(page: Page) -> float:
    """Return the milliseconds from the click on Inbox to its first page."""
    await page.get_by_test_id("nav-runs").first.click()
    await page.wait_for_url("**/runs**")
    await page.wait_for_timeout(300)
    return await took(
        page, "document.querySelector('[data-testid=\"nav-inbox\"]').click()", "rows.length >= 50"
    )


async def changed(page: Page, field: str, value: str, event: str, shown: str) -> float:
    """Return the milliseconds from a change of a field to the list that it asks for; then take it back."""
    ms = await took(page, SET % (field, value, event), shown)
    back = "newest" if field == "filter-sort" else ""
    await page.evaluate(f"() => {{ {SET % (field, back, event)} }}")
    await page.wait_for_timeout(700)
    return ms


async def measured(browser: Browser, stack: Stack) -> dict[str, list[float]]:
    """Return the milliseconds of each thing, several times."""
    page = await browser.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(f"{stack.url}/inbox")
    await page.get_by_test_id("task-row").first.wait_for()
    found: dict[str, list[float]] = {"open": [], "filter": [], "search": [], "sort": []}
    urgent = "rows.length >= 50 && rows.every(row => row.querySelector('[title=Urgent]'))"
    for n in range(TIMES):
        found["open"].append(await opened(page))
        await page.wait_for_timeout(500)
        found["filter"].append(await changed(page, "filter-priority", "1", "change", urgent))
        word = f"supplier {n + 11}"
        text = f"rows.length >= 50 && rows.every(row => row.textContent.includes('{n + 11}'))"
        found["search"].append(await changed(page, "search", word, "input", text))
        first = "rows.length >= 50 && rows[0].textContent.includes('due ')"
        found["sort"].append(await changed(page, "filter-sort", "due", "change", first))
    await page.close()
    return found


def figure(name: str, samples: list[float], target: float) -> Figure:
    """Return the 95th percentile of some milliseconds, with their median as a note."""
    note = f"p95 of {len(samples)}, median {percentile(samples, 50):.0f} ms"
    return Figure(f"10,000 open tasks: {name}", percentile(samples, 95), target, "ms", note=note)


async def measure() -> list[Figure]:
    """Start a stack with 10,000 open tasks and a Chromium, and measure."""
    workspace = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    stack = Stack(workspace / "data")
    await stack.start()
    try:
        await fill(stack)
        async with async_playwright() as playwright:
            path = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
            found = await measured(browser, stack)
            await browser.close()
    finally:
        await stack.stop()
        shutil.rmtree(workspace)
    return [
        figure("the inbox's first page, from the click", found["open"], 300),
        figure("narrowed by priority", found["filter"], 200),
        figure("searched, from the last key", found["search"], 200),
        figure("sorted by what is due", found["sort"], 200),
    ]
