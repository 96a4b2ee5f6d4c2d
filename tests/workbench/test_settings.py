"""Settings: the same in a child as here, documented, and they know which endpoints are ours."""

import re

import pytest
from pydantic import SecretStr, ValidationError

from workbench.project import project_root
from workbench.settings import CONFIDENTIAL_PREFIX, PREFIX, Settings


def test_a_child_reads_the_settings_that_its_parent_had(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = Settings(
        database_url="postgresql+psycopg://workbench:secret@127.0.0.1:20001/workbench",
        redis_url="redis://:secret@127.0.0.1:20002/0",
        temporal_address="127.0.0.1:20003",
        temporal_api_key=SecretStr("key"),
        temporal_tls=True,
        allowed_hosts=["workbench.example"],
        internal_endpoints=["127.0.0.1:20004"],
        port=9000,
    )
    for name, value in parent.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == parent


def test_no_child_is_given_the_key_of_the_person_at_the_command_line() -> None:
    assert "wb_secret" not in str(Settings(api_key=SecretStr("wb_secret")).environment())


@pytest.mark.parametrize(
    ("setting", "value", "endpoint"),
    [
        ("database_url", "postgresql+psycopg://u:p@db.example/x", ("db.example", 5432)),
        ("database_url", "postgresql+psycopg://u:p@db.example:6000/x", ("db.example", 6000)),
        ("redis_url", "rediss://cache.example/0", ("cache.example", 6379)),
        ("temporal_address", "temporal.example:7233", ("temporal.example", 7233)),
        ("internal_endpoints", ["127.0.0.1:20004"], ("127.0.0.1", 20004)),
        ("port", 9000, ("127.0.0.1", 9000)),
    ],
)
def test_own_endpoints(setting: str, value: object, endpoint: tuple[str, int]) -> None:
    assert endpoint in Settings.model_validate({setting: value}).own_endpoints


def test_a_unix_socket_is_no_endpoint() -> None:
    settings = Settings(database_url="postgresql+psycopg:///x?host=/run/postgresql")
    assert settings.own_endpoints == {("127.0.0.1", 8420)}


def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    assert Settings(host="::1", port=9000).url == "http://[::1]:9000"


def test_paths_are_absolute_and_the_home_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(Settings.model_validate({"data_dir": "~/bench"}).data_dir) == "/home/ada/bench"


@pytest.mark.parametrize("wrong", [{"log_level": "LOUD"}, {"port": "eighty"}])
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_the_readmes_name_every_setting_and_no_other() -> None:
    pages = (project_root() / page for page in ("README.md", "workbench/deploy/README.md"))
    named = {name for page in pages for name in re.findall(rf"{PREFIX}[A-Z_]+", page.read_text())}
    secret = f"{CONFIDENTIAL_PREFIX}NAME"
    assert named == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {secret}
