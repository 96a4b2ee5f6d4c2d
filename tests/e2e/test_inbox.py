"""What a run asks a person is decided in the inbox, and the run goes on."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.stack import Stack, finished

LETTER = {
    "type": "object",
    "required": ["subject", "to"],
    "properties": {
        "subject": {"type": "string"},
        "copies": {"type": "integer", "maximum": 5},
        "to": {"type": "array", "items": {"type": "object", "properties": {"email": {"type": "string"}}}},
    },
}


async def task_of(page: Page, stack: Stack, kind: str, config: dict[str, Any]) -> tuple[str, str]:
    """Start a run that asks somebody; return its id and that of its task."""
    document = {
        "format": "workbench/1",
        "name": f"Asks for {kind}",
        "nodes": [{"id": "ask", "type": kind, "config": config}],
        "outputs": {"answer": "{{ nodes.ask.output }}"},
    }
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document})).json()
        run = (await api.post("/runs", json={"workflow_id": workflow["id"]})).json()
        while True:
            for task in (await api.get("/hitl/tasks")).json()["items"]:
                if task["run_id"] == run["id"]:
                    return str(run["id"]), str(task["id"])
            await page.wait_for_timeout(100)


async def asked(page: Page, stack: Stack, kind: str, config: dict[str, Any]) -> str:
    """Open the task of a run that asks somebody; return the run's id."""
    run_id, task_id = await task_of(page, stack, kind, config)
    await page.goto(f"/inbox/{task_id}")
    await expect(page.get_by_role("heading", name=config["title"])).to_be_visible()
    return run_id


async def outcome(stack: Stack, run_id: str) -> dict[str, Any]:
    async with stack.api() as api:
        return await finished(api, run_id)


async def test_an_approval_is_read_and_given(page: Page, stack: Stack) -> None:
    config = {"title": "Pay invoice 4711?", "context": "Due on **Friday**.", "data": {"amount": 12}}
    run_id = await asked(page, stack, "approval", config)
    await expect(page.get_by_text("Due on Friday.")).to_be_visible()
    await page.get_by_label("Why (optional)").fill("Within the budget")
    await page.get_by_label("Why (optional)").blur()
    await page.keyboard.press("a")
    await expect(page.get_by_test_id("done")).to_contain_text("you approved")
    assert (await outcome(stack, run_id))["status"] == "succeeded"
    await page.go_back()
    async with stack.api() as api:
        [task] = [
            one
            for one in (await api.get("/hitl/tasks?queue=done")).json()["items"]
            if one["run_id"] == run_id
        ]
    await page.goto(f"/inbox/{task['id']}")
    await expect(page.get_by_test_id("outcome")).to_contain_text("Decided: approved.")
    await expect(page.get_by_test_id("said")).to_contain_text("Within the budget")


async def test_data_is_edited_in_a_form_with_its_difference_at_hand(page: Page, stack: Stack) -> None:
    data = {"subject": "News", "copies": 2, "to": [{"email": "a@example.org"}], "id": 12345678901234567890}
    config = {"title": "Review the letter", "data": data, "data_schema": LETTER}
    run_id = await asked(page, stack, "review", config)
    await page.keyboard.press("e")
    await expect(page.get_by_test_id("decide-edit")).to_be_disabled()
    await page.get_by_role("textbox", name="Copies").fill("9")
    await expect(page.locator("[data-pointer='/copies']").get_by_role("alert")).to_contain_text("5")
    await page.get_by_role("textbox", name="Copies").fill("3")
    await page.get_by_role("button", name="Add an item").click()
    await page.get_by_role("textbox", name="Email").last.fill("b@example.org")
    await expect(page.get_by_test_id("diff")).to_contain_text("copies")
    await expect(page.get_by_test_id("diff")).to_contain_text("to[1]")
    await page.get_by_test_id("decide-edit").click()
    await expect(page.get_by_test_id("done")).to_contain_text("you changed the data")
    decided = (await outcome(stack, run_id))["outputs"]["answer"]["data"]
    assert decided == {**data, "copies": 3, "to": [{"email": "a@example.org"}, {"email": "b@example.org"}]}


async def test_json_is_the_other_way_and_what_is_none_is_said(page: Page, stack: Stack) -> None:
    run_id = await asked(page, stack, "review", {"title": "Review by JSON", "data": {"subject": "News"}})
    await page.get_by_test_id("edit").click()
    await page.get_by_role("tab", name="JSON").click()
    await page.get_by_test_id("data-raw").fill("{")
    await expect(page.get_by_role("alert")).to_contain_text("The data is no JSON")
    await page.get_by_test_id("data-raw").fill('{"subject": "Changed"}')
    await page.get_by_role("tab", name="Form").click()
    await expect(page.get_by_role("textbox", name="Subject")).to_have_value("Changed")
    await page.get_by_test_id("decide-edit").click()
    assert "Changed" in str((await outcome(stack, run_id))["outputs"])


async def test_a_form_is_checked_and_filled_in(page: Page, stack: Stack) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    run_id = await asked(page, stack, "form", {"title": "Where to?", "data_schema": schema})
    await page.get_by_role("button", name="Submit").click()
    await expect(page.locator("[data-pointer='/city']").get_by_role("alert")).to_be_visible()
    await page.get_by_label("City").fill("Lisbon")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_test_id("done")).to_contain_text("you filled it in")
    assert (await outcome(stack, run_id))["outputs"] == {"answer": {"city": "Lisbon"}}


async def test_a_decision_is_undone_while_the_run_has_not_been_told(page: Page, stack: Stack) -> None:
    run_id = await asked(page, stack, "approval", {"title": "Undo this?"})
    undone = page.url
    await page.keyboard.press("r")
    await expect(page.get_by_test_id("done")).to_contain_text("you rejected")
    await page.keyboard.press("z")
    await expect(page.get_by_text("It is undone")).to_be_visible()
    await expect(page).to_have_url(undone)
    await expect(page.get_by_role("heading", name="Undo this?")).to_be_visible()
    await page.get_by_test_id("decide-approve").click()
    assert (await outcome(stack, run_id))["outputs"]["answer"]["decision"] == "approve"


async def test_the_run_so_far_is_seen_and_a_node_looked_into(page: Page, stack: Stack) -> None:
    await asked(page, stack, "approval", {"title": "Look at the run?", "data": {"n": 1}})
    await page.get_by_test_id("open-run").click()
    await expect(page.get_by_test_id("run-so-far").locator("[data-id='ask']")).to_be_visible()
    await page.get_by_test_id("run-so-far").locator("[data-id='ask']").click()
    await expect(page.get_by_test_id("run-node")).to_contain_text("ask")


async def test_a_comment_carries_a_file_is_changed_and_taken_back(page: Page, stack: Stack) -> None:
    await asked(page, stack, "approval", {"title": "Talk about this?"})
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await page.keyboard.press("c")
    await page.keyboard.type("Wy?")
    file = {
        "name": "evil.html",
        "mimeType": "text/html",
        "buffer": b"<script>document.title = 'evil'</script>",
    }
    await page.get_by_test_id("comment-files").set_input_files([file])
    await expect(page.get_by_test_id("composer").get_by_role("listitem")).to_contain_text("evil.html")
    await page.get_by_test_id("send-comment").click()
    said = page.get_by_test_id("said")
    await expect(said).to_contain_text("Wy?")
    href = await said.get_by_role("link", name="evil.html").get_attribute("href")
    answer = await page.request.get(str(href))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    await said.get_by_role("button", name="Change this comment").click()
    await said.get_by_role("textbox", name="Comment").fill("Why?")
    await page.get_by_test_id("save-comment").click()
    await expect(said).to_contain_text("Why?")
    await said.get_by_role("button", name="Take this comment back").click()
    await expect(said).to_contain_text("took a comment back")


async def test_who_looks_is_told_that_somebody_else_decided(page: Page, stack: Stack) -> None:
    _, task_id = await task_of(page, stack, "approval", {"title": "Decided elsewhere?"})
    await page.goto(f"/inbox/{task_id}")
    await expect(page.get_by_test_id("decide-approve")).to_be_visible()
    async with stack.api() as api:
        await api.post(f"/hitl/tasks/{task_id}/decide", json={"action": "reject", "revision": 1})
    await expect(page.get_by_test_id("news")).to_contain_text("decided it just now: rejected")
    await expect(page.get_by_test_id("decide-approve")).to_have_count(0)
