"""Who calls, and what they may do, is known without the database once it was asked."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from tests.people import member
from workbench.auth.roles import Action, Role
from workbench.db.ids import new_id
from workbench.services import identity, sessions
from workbench.services.identity import Credentials
from workbench.services.resources import Resources


@pytest.fixture
def statements(resources: Resources) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(resources.engine.sync_engine, "before_cursor_execute", note)
    yield asked
    event.remove(resources.engine.sync_engine, "before_cursor_execute", note)


async def test_a_warm_check_asks_the_database_nothing(
    resources: Resources, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources.settings, "mode", "team")
    user = await member(resources, {new_id(): Role.DESIGNER})
    credentials = Credentials(cookie=await sessions.begin(user.id))
    statements.clear()
    await identity.authenticate(credentials)
    assert statements
    statements.clear()
    for _ in range(10):
        (await identity.authenticate(credentials)).principal.require(Action.WORKFLOWS_WRITE)
    assert statements == []
