"""What a provider's claims give and take stands in the audit log of each workspace that it concerns."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from tests.workbench.accounts import Installation
from workbench.auth.claims import Grants, Somebody
from workbench.db.tables import AuditRow
from workbench.services.oidc import people
from workbench.services.oidc.configured import provider

pytestmark = pytest.mark.usefixtures("team")


async def test_a_workspace_is_told_of_its_own_roles_alone(installation: Installation) -> None:
    here, there = await installation.workspace(), await installation.workspace()
    ada = await installation.person()
    found = await provider(await installation.named_administrator(ada))
    who = Somebody(subject=ada, name="Ada", email=None, kind="person")
    first = Grants(frozenset({(here, "viewer"), (there, "admin")}), administrator=True)
    async with installation.resources.transaction() as session:
        assert await people.give(session, found, who, ada, first)
        assert not await people.give(session, found, who, ada, first)
        assert await people.give(session, found, who, ada, Grants(frozenset({(here, "designer")})))
    query = select(AuditRow).where(col(AuditRow.target) == f"user:{ada}").order_by(col(AuditRow.seq))
    async with installation.resources.transaction() as session:
        told = [(row.workspace_id, row.detail) for row in (await session.execute(query)).scalars()]
    assert [detail for workspace, detail in told if workspace == here] == [
        {"given": ["viewer"], "taken": []},
        {"given": ["designer"], "taken": ["viewer"]},
    ]
    assert [detail for workspace, detail in told if workspace == there] == [
        {"given": ["admin"], "taken": []},
        {"given": [], "taken": ["admin"]},
    ]
    rest = [detail for workspace, detail in told if workspace not in (here, there)]
    assert rest == [{"groups": [], "administrator": False}]
