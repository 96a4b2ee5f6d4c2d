"""Every page runs under its Content-Security-Policy: the browser has nothing to complain about."""

import httpx
from playwright.async_api import Page

from tests.e2e.stack import Stack
from workbench import routes

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""
DOCUMENT = {
    "format": "workbench/1",
    "name": "Policed",
    "nodes": [{"id": "start", "type": "input"}],
    "edges": [],
}


async def make(stack: Stack) -> tuple[str, str]:
    """Store a workflow and start a run of it; return their ids."""
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": DOCUMENT})).json()["id"]
        run = (await api.post("/runs", json={"workflow_id": workflow})).json()["id"]
    return workflow, run


def pages(workflow: str, run: str) -> list[str]:
    """Return the address of every page."""
    named = [
        value for name, value in vars(routes).items() if name.isupper() and isinstance(value, str)
    ]  # fmt: skip
    filled = [
        path.replace("[workflow_id]", workflow).replace("[run_id]", run).replace("[id]", run)
        for path in named
        if path.startswith("/")
    ]
    return [*filled, "/nothing/here", "/api/docs"]


async def test_no_page_breaks_its_policy(page: Page, stack: Stack) -> None:
    addresses = pages(*await make(stack))
    blocked: dict[str, list[str]] = {}
    page.on(
        "console",
        lambda message: (
            blocked.setdefault(page.url, []).append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    await page.add_init_script(WATCH)
    for address in addresses:
        answer = await page.goto(address)
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert "frame-ancestors 'none'" in policy
        await page.wait_for_load_state("networkidle")
        if found := await page.evaluate("window.violations"):
            blocked.setdefault(address, []).extend(found)
    assert blocked == {}


async def test_a_script_that_is_not_the_builds_does_not_run(page: Page, stack: Stack) -> None:
    await page.goto("/settings")
    await page.evaluate(
        """() => {
            const holder = document.createElement("div");
            holder.innerHTML = '<img src="data:," onerror="window.broken = true">';
            document.body.append(holder);
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
        }"""
    )
    await page.wait_for_timeout(500)
    assert await page.evaluate("window.broken") is None


async def test_data_and_files_load_nothing(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as client:
        for path in ("/api/v1/workflows", "/favicon.svg", "/api/v1/nothing"):
            policy = (await client.get(path)).headers["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "frame-ancestors 'none'" in policy
