"""A workspace with people in it, and receivers that they are told by. The clock is a parameter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from engine.contracts import TaskOpening
from tests.receivers import MailReceiver, WebReceiver
from tests.workbench.accounts import Installation, acting_as
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.auth.roles import Role
from workbench.db import notices as queries
from workbench.db import tasks as task_queries
from workbench.db.ids import new_id, now
from workbench.db.tables import RunRow, TaskRow
from workbench.services.notifications import channels, outbox
from workbench.services.notifications.channel_shapes import Channel, ChannelChange, NewChannel
from workbench.services.notifications.outbox import PostgresOutbox
from workbench.services.resources import Resources
from workbench.services.task_inbox import PostgresInbox


@dataclass
class Office:
    """Ada, who starts runs, and Bob, who decides, in one workspace."""

    resources: Resources
    ada: Principal
    bob: Principal
    run: RunRow

    async def ask(self, *assignees: str, title: str = "Pay 5?", **more: Any) -> TaskRow:
        """Put a task into the inbox as a run does."""
        opening = TaskOpening(
            run_id=self.run.id,
            node_id=more.pop("node_id", "ask"),
            type="approval",
            title=title,
            choices=("approve", "reject"),
            assignees=assignees,
            opened_at=now(),
            **more,
        )
        await PostgresInbox(self.resources).open(opening)
        return await self.task(opening.node_id)

    async def task(self, node_id: str = "ask") -> TaskRow:
        async with self.resources.transaction() as session:
            row = await task_queries.at(session, (self.run.id, "", node_id, 1))
            assert row is not None
            return row

    async def told(self, person: Principal, address: str, **change: Any) -> Channel:
        """Set up a channel of somebody's own that leads to an address."""
        new = NewChannel(name=new_id(), address=SecretStr(address))
        made = await channels.add_channel(person, new)
        return await channels.change_channel(person, made.id, ChannelChange(**change)) if change else made

    async def deliver(self, at: datetime | None = None) -> list[str]:
        """Take what is due at an instant and try to send it once, as the activity does."""
        mine = await self._mine(await outbox.take(at or now()))
        for batch in mine:
            await self.again(batch)
        return mine

    async def again(self, batch: str) -> str:
        """Try to send a message (again); return why it failed, empty when it is settled."""
        failure = await PostgresOutbox(self.resources).deliver(batch)
        return failure.message if failure else ""

    async def _mine(self, batches: list[str]) -> list[str]:
        async with self.resources.transaction() as session:
            found = []
            for batch in batches:
                rows = await queries.batch(session, batch)
                if rows and rows[0][1].workspace_id == self.ada.workspace:
                    found.append(batch)
            return found


@pytest.fixture
async def office(
    team: None, resources: Resources, installation: Installation, make_run: MakeRun, principal: Principal
) -> Office:
    await installation.workspace_called(principal.workspace)
    ada, bob = await installation.person("Ada"), await installation.person("Bob")
    await installation.give(principal.workspace, ada, Role.ADMIN)
    await installation.give(principal.workspace, bob, Role.REVIEWER)
    run = await make_run(started_by=ada)
    return Office(
        resources,
        acting_as(ada, principal.workspace, Role.ADMIN),
        acting_as(bob, principal.workspace, Role.REVIEWER),
        run,
    )


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    receiver = WebReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def listed(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator lets messages reach this machine."""
    monkeypatch.setattr(resources.settings, "outbound_networks", ["127.0.0.0/8"])


@pytest.fixture
def mail(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailReceiver]:
    """The installation has a mail server."""
    receiver = MailReceiver()
    monkeypatch.setattr(resources.settings, "mail_server", SecretStr(receiver.url))
    monkeypatch.setattr(resources.settings, "mail_from", "workbench@example.org")
    yield receiver
    receiver.close()
