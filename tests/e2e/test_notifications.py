"""What one is told: behind the bell, as a toast, and at a receiver that was set up on the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.stack import Stack
from tests.receivers import WebReceiver


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    receiver = WebReceiver()
    yield receiver
    receiver.close()


async def asks(stack: Stack, title: str) -> None:
    """Start a run that asks somebody."""
    nodes: list[dict[str, Any]] = [{"id": "ask", "type": "approval", "config": {"title": title}}]
    document = {"format": "workbench/1", "name": "Asks", "nodes": nodes}
    async with stack.api() as api:
        workflow = (await api.post("/workflows", json={"document": document})).json()
        await api.post("/runs", json={"workflow_id": workflow["id"]})


async def test_who_is_asked_is_told_in_the_page_and_at_a_channel(
    page: Page, stack: Stack, web: WebReceiver
) -> None:
    await page.goto("/settings/notifications")
    await page.get_by_test_id("own-channels").get_by_test_id("add-channel").click()
    await page.get_by_label("Name", exact=True).fill("Hook")
    await page.get_by_label("Address", exact=True).fill("nowhere://")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("Messages are not sent to addresses that begin with")).to_be_visible()
    await page.get_by_label("Address", exact=True).fill(web.address)
    await page.get_by_role("button", name="Add", exact=True).click()
    hook = page.get_by_test_id("channel").filter(has_text="Hook")
    await hook.get_by_test_id("send-test").click()
    await expect(hook.get_by_test_id("test-answer")).to_have_text("The receiver took the message.")
    assert "s3cr3t" not in await page.content()

    await asks(stack, "Pay invoice 815?")
    await expect(page.get_by_text("Decision asked: Pay invoice 815?")).to_be_visible()
    await page.get_by_test_id("bell").click()
    await page.get_by_test_id("notice").filter(has_text="Pay invoice 815?").click()
    await expect(page.get_by_role("heading", name="Pay invoice 815?")).to_be_visible()
    await page.get_by_text("Who was told, and how").click()
    await expect(page.get_by_test_id("delivery")).to_contain_text("Webhook (JSON)")


async def test_a_link_that_is_none_says_so(page: Page, stack: Stack) -> None:
    await page.goto("/open?link=forged")
    await expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    await expect(page.get_by_role("link", name="Go to the inbox")).to_be_visible()
