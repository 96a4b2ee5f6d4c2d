"""What somebody may do changes while they have a tab open: it follows at once, without being loaded anew."""

import re

import httpx
from playwright.async_api import expect

from tests.e2e.someone import Someone


async def test_a_role_takes_effect_in_an_open_tab(ada: httpx.AsyncClient, bob: Someone) -> None:
    new = bob.page.get_by_test_id("new-workflow").first
    await expect(bob.page.get_by_test_id("nav-workflows").first).to_be_visible()
    await expect(new).to_have_count(0)
    assert (await ada.put(f"/members/{bob.id}", json={"roles": ["designer"]})).status_code == 200
    await expect(new).to_be_visible()
    assert (await ada.put(f"/members/{bob.id}", json={"roles": ["viewer"]})).status_code == 200
    await expect(new).to_have_count(0)
    assert await bob.page.evaluate("window.sameTab")


async def test_who_has_no_role_any_more_is_told_whom_to_ask(ada: httpx.AsyncClient, bob: Someone) -> None:
    await ada.put(f"/members/{bob.id}", json={"roles": []})
    await expect(bob.page.get_by_test_id("empty-state")).to_contain_text("You belong to no workspace yet")
    await expect(bob.page.get_by_test_id("workflow-list")).to_have_count(0)


async def test_a_workflow_that_is_narrowed_leaves_an_open_list(ada: httpx.AsyncClient, bob: Someone) -> None:
    document = {"format": "workbench/1", "name": "Payroll", "nodes": [], "edges": []}
    made = (await ada.post("/workflows", json={"document": document})).json()
    await bob.page.reload()
    row = bob.page.get_by_test_id("workflow-row").filter(has_text="Payroll")
    await expect(row).to_be_visible()
    assert (await ada.put(f"/workflows/{made['id']}/access", json={"narrowed": True})).status_code == 200
    await expect(row).to_have_count(0)
    await ada.put(f"/workflows/{made['id']}/access", json={"narrowed": True, "open_to": [bob.id]})
    await expect(row.get_by_test_id("narrowed")).to_be_visible()


async def test_a_workflow_that_is_narrowed_leaves_an_open_editor(
    ada: httpx.AsyncClient, bob: Someone
) -> None:
    note = {"id": "note", "type": "note", "title": "Salaries", "config": {"text": "of everybody"}}
    document = {"format": "workbench/1", "name": "Salaries", "nodes": [note], "edges": []}
    made = (await ada.post("/workflows", json={"document": document})).json()
    await bob.page.goto(f"/workflows/{made['id']}")
    await expect(bob.page.get_by_text("of everybody")).to_be_visible()
    assert (await ada.put(f"/workflows/{made['id']}/access", json={"narrowed": True})).status_code == 200
    await expect(bob.page.get_by_test_id("error-banner")).to_contain_text("is not open to you")
    await expect(bob.page.get_by_text("of everybody")).to_have_count(0)
    await bob.page.reload()
    await expect(bob.page.get_by_test_id("error-banner")).to_be_visible()
    await expect(bob.page.get_by_text("of everybody")).to_have_count(0)


async def test_another_workspace_is_shown_in_every_tab_of_the_session(
    ada: httpx.AsyncClient, bob: Someone
) -> None:
    other = (await ada.post("/workspaces", json={"name": "Research"})).json()["id"]
    here = {"Workbench-Workspace": other}
    given = await ada.put(f"/members/{bob.id}", json={"roles": ["designer"]}, headers=here)
    assert given.status_code == 200
    switch = bob.page.get_by_test_id("workspace-switch")
    await expect(switch).to_contain_text("Lab")
    assert (await bob.api.post(f"/workspaces/{other}/choose")).status_code == 204
    await expect(switch).to_contain_text("Research")
    await expect(bob.page.get_by_test_id("new-workflow").first).to_be_visible()


async def test_who_is_disabled_is_out_of_an_open_tab(ada: httpx.AsyncClient, bob: Someone) -> None:
    assert (await ada.patch(f"/users/{bob.id}", json={"disabled": True})).status_code == 200
    await expect(bob.page).to_have_url(re.compile("/sign-in"))


async def test_a_session_that_ends_elsewhere_ends_in_an_open_tab(bob: Someone) -> None:
    assert (await bob.api.post("/auth/sign-out")).status_code < 300
    await expect(bob.page).to_have_url(re.compile("/sign-in"))
