"""Every shipped example runs with its own sample input, through the command line, to the right end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import ROOT, Stack
from tests.e2e.witness import Witness

EXAMPLES = sorted((ROOT / "workbench/examples").glob("*.json"))


def sample_input(example: Path, witness: Witness) -> str:
    """Return the document's sample input as JSON, its addresses led to the witness."""
    inputs = json.loads(example.read_text())["inputs"].get("examples", [{}])[0]
    feed = f"{witness.url}/feed"
    led = {key: feed if str(value).startswith("http") else value for key, value in inputs.items()}
    return json.dumps(led)


@asynccontextmanager
async def deciding(stack: Stack) -> AsyncIterator[None]:
    """Decide all that is asked meanwhile: say yes, and fill in forms as the example of their schema does."""
    decider = asyncio.create_task(_decide_all(stack))
    try:
        yield
    finally:
        decider.cancel()
        await asyncio.gather(decider, return_exceptions=True)


async def _decide_all(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=f"{stack.url}/api/v1") as client:
        while True:
            for task in (await client.get("/hitl/tasks")).json()["items"]:
                whole = (await client.get(f"/hitl/tasks/{task['id']}")).json()
                value = ((whole["data_schema"] or {}).get("examples") or [None])[0]
                body = {"action": whole["choices"][0], "revision": whole["revision"], "value": value}
                (await client.post(f"/hitl/tasks/{task['id']}/decide", json=body)).raise_for_status()
            await asyncio.sleep(0.3)


async def test_hello_greets(stack: Stack) -> None:
    hello = str(ROOT / "workbench/examples/hello.json")
    code, out, _ = await stack.cli("run", hello, "--input", '{"name": "Ada"}')
    assert (code, json.loads(out)) == (0, {"greeting": "Hello, Ada!"})


async def test_sample_input_stands_in_for_what_is_not_given(stack: Stack) -> None:
    table = str(ROOT / "workbench/examples/sales-statistics.json")
    code, out, _ = await stack.cli("run", table, "--sample")
    assert (code, "summary" in json.loads(out)) == (0, True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
async def test_example_succeeds(stack: Stack, witness: Witness, example: Path) -> None:
    async with deciding(stack):
        code, out, err = await stack.cli(
            "run", str(example), "--input", sample_input(example, witness), "--json"
        )
    assert code == 0, out + err
    assert json.loads(out)["status"] == "succeeded"
