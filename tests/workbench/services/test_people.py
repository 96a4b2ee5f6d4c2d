"""What people are called by the ids that records keep."""

from tests.people import member
from workbench.auth.principal import OWNER
from workbench.auth.roles import Role
from workbench.db.ids import new_id
from workbench.services import people
from workbench.services.resources import Resources


async def test_a_person_is_called_by_their_name_once_it_was_learnt(resources: Resources) -> None:
    grace = await member(resources, {new_id(): Role.VIEWER}, name="Grace")
    assert people.name_of(grace.id) == grace.id
    await people.learn([grace.id, OWNER.id, "trigger:nightly"])
    assert people.name_of(grace.id) == "Grace"
    assert people.name_of(OWNER.id) == "Owner"
    assert people.name_of("trigger:nightly") == "trigger:nightly"
