"""Whatever people change, a workspace keeps an admin who had one, and the installation an administrator."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlmodel import col

from tests.workbench.accounts import Installation, administrating
from workbench.auth.roles import Role
from workbench.db.tables import IdentityRow, UserRow
from workbench.errors import Conflict
from workbench.services import groups, providers, users
from workbench.services.providers import Mapping
from workbench.services.resources import Resources
from workbench.services.users import UserChange

pytestmark = pytest.mark.usefixtures("team")

ROOT = administrating("root", "default")
DISABLED = UserChange(disabled=True)


@pytest.fixture
async def only_mine(resources: Resources) -> AsyncIterator[None]:
    """No other test's people are administrators for the length of this one."""
    own, said = col(UserRow.administrator), col(IdentityRow.administrator)
    async with resources.transaction() as session:
        unmade = update(UserRow).where(own).values(administrator=False).returning(col(UserRow.id))
        people = (await session.execute(unmade)).scalars().all()
        unsaid = update(IdentityRow).where(said).values(administrator=False)
        subjects = (await session.execute(unsaid.returning(col(IdentityRow.subject)))).scalars().all()
    yield
    again = (
        update(UserRow).where(col(UserRow.id).in_(people)),
        update(IdentityRow).where(col(IdentityRow.subject).in_(subjects)),
    )
    async with resources.transaction() as session:
        for statement in again:
            await session.execute(statement.values(administrator=True))


async def test_the_last_admin_is_not_disabled(installation: Installation) -> None:
    here, boss = await installation.workspace("Lab of one"), await installation.person()
    await installation.give(here, boss, Role.ADMIN)
    with pytest.raises(Conflict, match="last admin from “Lab of one”"):
        await users.change_user(ROOT, boss, DISABLED)
    await installation.give(here, await installation.person(), Role.ADMIN)
    assert (await users.change_user(ROOT, boss, DISABLED)).disabled_at


async def test_a_group_that_makes_the_last_admin_is_kept_with_its_last_person(
    installation: Installation,
) -> None:
    here, boss = await installation.workspace("Lab of a group"), await installation.person()
    admins = await installation.group(None, boss)
    await installation.give(here, admins, Role.ADMIN)
    with pytest.raises(Conflict, match="Lab of a group"):
        await groups.take_person(ROOT, admins, boss)
    with pytest.raises(Conflict, match="Lab of a group"):
        await groups.delete_group(ROOT, admins)
    await groups.put_person(ROOT, admins, await installation.person())
    await groups.take_person(ROOT, admins, boss)


async def test_a_workspace_that_has_no_admin_keeps_nobody_from_anything(installation: Installation) -> None:
    here, ada = await installation.workspace(), await installation.person()
    await installation.give(here, ada, Role.VIEWER)
    assert (await users.change_user(ROOT, ada, DISABLED)).disabled_at


@pytest.mark.usefixtures("only_mine")
async def test_an_administrator_by_a_claim_counts_while_their_provider_is_in_use(
    installation: Installation,
) -> None:
    own, said = await installation.person(administrator=True), await installation.person()
    with pytest.raises(Conflict, match="last administrator"):
        await users.change_user(ROOT, own, UserChange(administrator=False))
    provider = await installation.named_administrator(said)
    assert not (await users.change_user(ROOT, own, UserChange(administrator=False))).administrator
    with pytest.raises(Conflict, match="last administrator"):
        await providers.change_provider(ROOT, provider, changes={"enabled": False})
    with pytest.raises(Conflict, match="whom this provider names"):
        await providers.set_mappings(ROOT, provider, ())
    await providers.set_mappings(
        ROOT, provider, [Mapping(source="realm_role", value="root", administrator=True)]
    )


async def test_what_a_claim_gives_is_not_taken_here(installation: Installation) -> None:
    said = await installation.person()
    await installation.named_administrator(said)
    assert (await users.get_user(ROOT, said)).administrator
    with pytest.raises(Conflict, match="provider makes"):
        await users.change_user(ROOT, said, UserChange(administrator=False))
