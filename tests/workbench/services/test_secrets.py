"""Secrets: sealed in the database, open to steps only, and honest when they cannot be opened."""

import asyncio
import base64
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from engine.errors import NodeFailed
from workbench.auth.principal import OWNER, Principal
from workbench.errors import Invalid, NotFound, Unavailable
from workbench.services import secrets
from workbench.services.resources import Resources
from workbench.services.sealing import SealingKeys
from workbench.settings import Settings

pytestmark = pytest.mark.usefixtures("resources")

VALUE = "hunter2 \x00 😀"


def key(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


@pytest.fixture
def name(principal: Principal) -> str:
    """A secret's name that no other test uses."""
    return "S_" + principal.id.replace("-", "")


async def test_a_secret_is_read_by_steps_only_and_is_not_in_the_database(
    principal: Principal, resources: Resources, name: str
) -> None:
    await secrets.put_secret(principal, name=name, value=VALUE)
    assert await secrets.StoredSecrets(resources).of(principal.workspace, name) == VALUE
    listed = {secret.name for secret in (await secrets.list_secrets(principal, limit=200)).items}
    assert name in listed
    async with resources.transaction() as session:
        row = (
            await session.execute(text("SELECT sealed FROM secrets WHERE name = :name"), {"name": name})
        ).one()
    assert b"hunter2" not in bytes(row.sealed)


async def test_storing_again_replaces_and_deleting_forgets(
    principal: Principal, resources: Resources, name: str
) -> None:
    await secrets.put_secret(principal, name=name, value="old")
    await secrets.put_secret(principal, name=name, value="new")
    assert await secrets.StoredSecrets(resources).of(principal.workspace, name) == "new"
    await secrets.delete_secret(principal, name=name)
    with pytest.raises(KeyError):
        await secrets.StoredSecrets(resources).of(principal.workspace, name)
    with pytest.raises(NotFound):
        await secrets.delete_secret(principal, name=name)


async def test_a_workers_environment_serves_where_nothing_is_stored(resources: Resources, name: str) -> None:
    store = secrets.StoredSecrets(resources, {f"WORKBENCH_SECRET_{name}": "from the environment"})
    assert await store.of(OWNER.workspace, name) == "from the environment"
    await secrets.put_secret(OWNER, name=name, value="stored")
    assert await store.of(OWNER.workspace, name) == "stored"
    with pytest.raises(KeyError):
        await store.of("another workspace", name)


@pytest.mark.parametrize("wrong", ["", "1st", "with space", "a-b", "x" * 64, "a\x00"])
async def test_a_name_that_no_expression_could_say_is_refused(principal: Principal, wrong: str) -> None:
    with pytest.raises(Invalid):
        await secrets.put_secret(principal, name=wrong, value="x")


async def test_a_secret_whose_key_is_gone_fails_the_step_and_says_why(
    principal: Principal, resources: Resources, name: str
) -> None:
    await secrets.put_secret(principal, name=name, value="x")
    other = Resources(resources.settings.model_copy(update={"sealing_keys": SecretStr(key(b"o"))}))
    with pytest.raises(NodeFailed, match="does not have"):
        await secrets.StoredSecrets(other).of(principal.workspace, name)
    await other.close()


async def test_secrets_cannot_be_exchanged_in_the_database(
    principal: Principal, resources: Resources, name: str
) -> None:
    for suffix in ("_A", "_B"):
        await secrets.put_secret(principal, name=name + suffix, value=suffix)
    swap = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = :a) WHERE name = :b"
    async with resources.transaction() as session:
        await session.execute(text(swap), {"a": f"{name}_A", "b": f"{name}_B"})
    with pytest.raises(NodeFailed, match="was changed"):
        await secrets.StoredSecrets(resources).of(principal.workspace, f"{name}_B")


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed() -> None:
    old = SealingKeys.of(Settings(sealing_keys=SecretStr(key(b"a"))))
    both = SealingKeys.of(Settings(sealing_keys=SecretStr(f"{key(b'b')}, {key(b'a')}")))
    sealed, key_id = old.seal("NAME", VALUE)
    assert both.open("NAME", sealed, key_id) == VALUE
    assert both.seal("NAME", VALUE)[1] != key_id


@pytest.mark.parametrize("wrong", ["", "short", "ä", base64.b64encode(b"x" * 31).decode()])
def test_what_is_no_key_is_refused(wrong: str) -> None:
    with pytest.raises(Unavailable, match="openssl rand"):
        SealingKeys.of(Settings(sealing_keys=SecretStr(wrong)))


async def test_processes_that_start_at_once_agree_on_the_data_directorys_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    made = await asyncio.gather(*(asyncio.to_thread(SealingKeys.of, settings) for _ in range(8)))
    sealed, key_id = made[0].seal("NAME", VALUE)
    assert {keys.open("NAME", sealed, key_id) for keys in made} == {VALUE}
    assert (tmp_path / "keys" / "sealing").stat().st_mode & 0o777 == 0o600
