"""Links in messages: each opens one task for one person, once, and decides nothing."""

import base64
from datetime import timedelta

import pytest

from tests.workbench.accounts import Installation, acting_as
from tests.workbench.services.notifications.conftest import Office
from workbench.auth.roles import Role
from workbench.db import notices as queries
from workbench.db.ids import now
from workbench.services import tasks
from workbench.services.notifications import links, reading
from workbench.services.sealing import SealingKeys


async def link_of(office: Office, *, days_ago: int = 0) -> str:
    """Return the link that Bob gets about a task."""
    await office.ask(office.bob.id)
    [notice] = (await reading.list_notices(office.bob)).items
    async with office.resources.transaction() as session:
        row = await queries.notice(session, notice.id)
        assert row is not None
        keys = SealingKeys.of(office.resources.settings)
        return links.token(keys, row, at=now() - timedelta(days=days_ago))


async def test_a_link_leads_its_person_to_the_task_and_takes_the_notice_for_read(office: Office) -> None:
    found = await links.follow(office.bob, await link_of(office))
    task = await office.task()
    assert (found.outcome, found.href) == ("open", f"/inbox/{task.id}")
    assert (await reading.list_notices(office.bob)).unread == 0
    assert (await tasks.get_task(office.bob, task.id)).decisions == ()


async def test_a_link_that_was_used_says_so(office: Office) -> None:
    link = await link_of(office)
    await links.follow(office.bob, link)
    again = await links.follow(office.bob, link)
    assert again.outcome == "used"
    assert "used already" in again.message


async def test_somebody_elses_link_opens_nothing_and_stays_good(office: Office) -> None:
    link = await link_of(office)
    assert (await links.follow(office.ada, link)).outcome == "foreign"
    assert (await links.follow(office.bob, link)).outcome == "open"


async def test_an_expired_link_opens_nothing(office: Office) -> None:
    found = await links.follow(office.bob, await link_of(office, days_ago=15))
    assert (found.outcome, found.href) == ("expired", "")


@pytest.mark.parametrize("forged", ["", "x", "AA", "é", "A" * 54, "A" * 5_000])
async def test_what_is_no_link_is_said_to_be_none(office: Office, forged: str) -> None:
    assert (await links.follow(office.bob, forged)).outcome in ("forged", "gone")


async def test_not_a_bit_of_a_link_can_be_changed(office: Office) -> None:
    link = await link_of(office)
    raw = bytearray(base64.urlsafe_b64decode(link + "=="))
    for place in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[place] ^= 1
        text = base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        assert (await links.follow(office.bob, text)).outcome in ("forged", "gone")


async def test_a_link_into_another_workspace_says_which(office: Office, installation: Installation) -> None:
    link = await link_of(office)
    other = await installation.workspace("Other")
    await installation.give(other, office.bob.id, Role.VIEWER)
    found = await links.follow(acting_as(office.bob.id, other, Role.VIEWER), link)
    assert (found.outcome, found.workspace_id) == ("elsewhere", office.ada.workspace)
    assert (await links.follow(office.bob, link)).outcome == "open"
