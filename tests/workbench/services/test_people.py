"""Users, groups and workspaces: what administrators do, and what comes of it at once."""

import pytest

from engine.graph import Document
from tests.people import somebody
from tests.workbench.accounts import Installation, acting_as, administrating
from workbench.auth.principal import OWNER
from workbench.auth.roles import Action, Role
from workbench.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from workbench.services import groups, runs, users, workflows, workspaces
from workbench.services.users import MeChange, Preferences, UserChange
from workbench.services.workspaces import WorkspaceChange

pytestmark = pytest.mark.usefixtures("team")


async def test_who_is_disabled_is_out_everywhere_at_once(installation: Installation) -> None:
    ada, boss = await installation.person(), await installation.person(administrator=True)
    token = (await installation.caller(ada)).credentials.cookie or ""
    await users.change_user(administrating(boss), ada, UserChange(disabled=True))
    with pytest.raises(Unauthenticated):
        await installation.again(token)
    await users.change_user(administrating(boss), ada, UserChange(disabled=False))
    with pytest.raises(Unauthenticated):  # the old session does not come back
        await installation.again(token)


async def test_nobody_disables_themselves(installation: Installation) -> None:
    boss = await installation.person(administrator=True)
    with pytest.raises(Conflict, match="your own"):
        await users.change_user(administrating(boss), boss, UserChange(disabled=True))


async def test_the_last_administrator_stays(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await installation.person(administrator=True)

    async def none_left(session: object) -> int:
        return 0  # the tests of this process share one installation, which has others

    monkeypatch.setattr("workbench.db.users.administrators", none_left)
    with pytest.raises(Conflict, match="last administrator"):
        await users.change_user(administrating("other"), boss, UserChange(administrator=False))
    assert (await users.get_user(administrating("other"), boss)).administrator


async def test_an_administrator_sees_what_somebody_belongs_to(installation: Installation) -> None:
    here, ada = await installation.workspace("Research"), await installation.person()
    team = await installation.group("Team " + ada, ada)
    await installation.give(here, team, Role.OPERATOR)
    await installation.give(here, ada, Role.DESIGNER)
    detail = await users.get_user(administrating("boss"), ada)
    assert [group.id for group in detail.groups] == [team]
    assert [(one.workspace_id, one.roles) for one in detail.workspaces] == [
        (here, (Role.DESIGNER, Role.OPERATOR))
    ]


async def test_people_change_their_own_name_and_preferences(installation: Installation) -> None:
    ada = await installation.person()
    caller = await installation.caller(ada)
    change = MeChange(name="  Ada   Lovelace ", preferences=Preferences(appearance="dark"))
    me = await users.change_me(caller.principal, change)
    assert (me.name, me.preferences.appearance) == ("Ada Lovelace", "dark")
    again = await installation.again(caller.credentials.cookie or "")
    assert again.principal.name == "Ada Lovelace"


async def test_the_one_person_of_single_mode_has_no_account_to_change() -> None:
    assert (await users.get_me(OWNER)).name == "Owner"
    with pytest.raises(Conflict):
        await users.change_me(OWNER, MeChange(name="Me"))


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b", "a\u202eb", "\ud800"])
async def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        await groups.make_group(administrating("boss"), name=name)


async def test_a_group_gives_its_people_what_it_has_until_it_is_deleted(installation: Installation) -> None:
    boss, here, ada = administrating("boss"), await installation.workspace(), await installation.person()
    group = await groups.make_group(boss, name="Group of " + ada)
    await installation.give(here, group.id, Role.DESIGNER)
    caller = await installation.caller(ada)
    token = caller.credentials.cookie or ""
    assert caller.principal.workspace == ""
    await groups.put_person(boss, group.id, ada)
    assert (await installation.again(token)).principal.may(Action.WORKFLOWS_WRITE)
    await groups.take_person(boss, group.id, ada)
    assert not (await installation.again(token)).principal.may(Action.WORKFLOWS_WRITE)
    await groups.put_person(boss, group.id, ada)
    await groups.delete_group(boss, group.id)
    assert (await installation.again(token)).principal.workspace == ""


async def test_two_groups_have_two_names(installation: Installation) -> None:
    boss, name = administrating("boss"), "Group " + await installation.workspace()
    await groups.make_group(boss, name=name)
    with pytest.raises(Conflict):
        await groups.make_group(boss, name=name.upper())


async def test_whom_a_provider_puts_into_a_group_stays_in_it(installation: Installation) -> None:
    ada = await installation.person()
    group = await installation.group(None, ada, source="keycloak")
    (member,) = (await groups.list_people(administrating("boss"), group)).items
    assert member.fixed
    with pytest.raises(Conflict, match="provider"):
        await groups.take_person(administrating("boss"), group, ada)


async def test_people_see_their_own_workspaces_and_administrators_all(installation: Installation) -> None:
    mine, other = await installation.workspace("Mine"), await installation.workspace("Other")
    ada = await installation.person()
    await installation.give(mine, ada, Role.VIEWER)
    seen = (await workspaces.list_workspaces((await installation.caller(ada)).principal, limit=200)).items
    assert [(one.id, one.current) for one in seen] == [(mine, True)]
    found, cursor = set[str](), None
    while True:
        page = await workspaces.list_workspaces(administrating("boss"), limit=200, cursor=cursor)
        found |= {one.id for one in page.items}
        if (cursor := page.next_cursor) is None:
            break
    assert {mine, other} <= found


async def test_a_workspace_that_is_chosen_counts_for_the_whole_session(installation: Installation) -> None:
    first, second = await installation.workspace("First"), await installation.workspace("Second")
    foreign, ada = await installation.workspace("Foreign"), await installation.person()
    await installation.give(first, ada, Role.VIEWER)
    await installation.give(second, ada, Role.ADMIN)
    caller = await installation.caller(ada)
    assert caller.principal.workspace == first
    await workspaces.choose(caller.principal, second, session=caller.session)
    again = await installation.again(caller.credentials.cookie or "")
    assert (again.principal.workspace, again.principal.may(Action.MEMBERS_WRITE)) == (second, True)
    with pytest.raises(NotFound):
        await workspaces.choose(caller.principal, foreign, session=caller.session)


async def test_an_archived_workspace_is_there_for_nobody_until_it_is_restored(
    installation: Installation,
) -> None:
    boss, here, ada = administrating("boss"), await installation.workspace(), await installation.person()
    await installation.give(here, ada, Role.ADMIN)
    token = (await installation.caller(ada)).credentials.cookie or ""
    await workspaces.change_workspace(boss, here, WorkspaceChange(archived=True))
    assert (await installation.again(token)).principal.workspace == ""
    await workspaces.change_workspace(boss, here, WorkspaceChange(archived=False))
    assert (await installation.again(token)).principal.workspace == here


async def test_a_workspace_in_which_something_runs_is_not_archived(installation: Installation) -> None:
    here = await installation.workspace()
    inside = somebody(workspace=here)
    made = await workflows.create_workflow(inside, document=Document(name="Open"))
    run = await runs.start_run(inside, workflow_id=made.id, inputs={})
    with pytest.raises(Conflict, match="at work"):
        await workspaces.change_workspace(administrating("boss"), here, WorkspaceChange(archived=True))
    await runs.terminate_run(inside, run.id)


async def test_an_admin_of_a_workspace_manages_no_others(installation: Installation) -> None:
    admin = acting_as("admin", await installation.workspace(), Role.ADMIN)
    for refused in (
        workspaces.make_workspace(admin, name="Mine"),
        workspaces.change_workspace(admin, admin.workspace, WorkspaceChange(name="Mine")),
        users.list_users(admin),
        groups.make_group(admin, name="Mine"),
    ):
        with pytest.raises(Forbidden):
            await refused
