"""What a run asks a person is decided in the inbox, and the run goes on."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.stack import Stack, finished


async def asked(page: Page, stack: Stack, kind: str, config: dict[str, Any]) -> str:
    """Start a run that asks somebody, and open its task from the inbox; return the run's id."""
    document = {
        "format": "workbench/1",
        "name": f"Asks for {kind}",
        "nodes": [{"id": "ask", "type": kind, "config": config}],
        "outputs": {"answer": "{{ nodes.ask.output }}"},
    }
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document})).json()
        run = (await api.post("/runs", json={"workflow_id": workflow["id"]})).json()
    await page.goto("/inbox")
    await page.get_by_role("link", name=config["title"]).click()  # the list shows it as soon as it is there
    await expect(page.get_by_role("heading", name=config["title"])).to_be_visible()
    return str(run["id"])


async def outcome(stack: Stack, run_id: str) -> dict[str, Any]:
    async with stack.api() as api:
        return await finished(api, run_id)


async def test_an_approval_is_read_and_given(page: Page, stack: Stack) -> None:
    config = {"title": "Pay invoice 4711?", "context": "Due on **Friday**.", "data": {"amount": 12}}
    run_id = await asked(page, stack, "approval", config)
    await expect(page.get_by_text("Due on Friday.")).to_be_visible()
    await page.get_by_label("Why (optional)").fill("Within the budget")
    await page.get_by_test_id("decide-approve").click()
    await expect(page.get_by_test_id("outcome")).to_have_text("Decided: approved.")
    await expect(page.get_by_test_id("said")).to_contain_text("Within the budget")
    assert (await outcome(stack, run_id))["status"] == "succeeded"


async def test_edited_data_goes_on_and_what_is_no_json_is_said(page: Page, stack: Stack) -> None:
    run_id = await asked(page, stack, "review", {"title": "Review the letter", "data": {"subject": "News"}})
    await page.get_by_label("Data, to be changed").fill("{")
    await page.get_by_test_id("decide-edit").click()
    await expect(page.get_by_role("alert")).to_contain_text("The data is no JSON")
    await page.get_by_label("Data, to be changed").fill('{"subject": "Changed"}')
    await page.get_by_test_id("decide-edit").click()
    await expect(page.get_by_test_id("outcome")).to_have_text("Decided: sent on with changes.")
    assert "Changed" in str((await outcome(stack, run_id))["outputs"])


async def test_a_form_is_checked_and_filled_in(page: Page, stack: Stack) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    run_id = await asked(page, stack, "form", {"title": "Where to?", "data_schema": schema})
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    await page.get_by_label("City").fill("Lisbon")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_test_id("outcome")).to_have_text("Decided: filled in.")
    assert (await outcome(stack, run_id))["outputs"] == {"answer": {"city": "Lisbon"}}
