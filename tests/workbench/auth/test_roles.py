"""The table of roles, and the page made of it."""

from pathlib import Path

import pytest

from workbench import auth
from workbench.auth.__main__ import readme
from workbench.auth.principal import Principal
from workbench.auth.roles import MEANINGS, Action, refusal
from workbench.errors import Forbidden


def test_the_readme_is_made_of_the_table() -> None:
    assert auth.__file__
    written = (Path(auth.__file__).parent / "README.md").read_text()
    assert written == readme(), "python -m workbench.auth > workbench/auth/README.md"


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.TASKS_DECIDE, "reviewer"),
        (Action.WORKFLOWS_WRITE, "designer"),
        (Action.RUNS_START, "designer or operator"),
        (Action.MEMBERS_WRITE, "admin"),
    ],
)
def test_who_is_refused_is_told_the_least_role_to_ask_for(action: Action, roles: str) -> None:
    assert refusal(action).endswith(f"Ask an admin of the workspace for the role {roles}.")


def test_every_refusal_is_a_sentence() -> None:
    for action in Action:
        assert MEANINGS[action][1:] in refusal(action)


def test_who_belongs_nowhere_is_told_that_and_no_role_to_ask_for() -> None:
    with pytest.raises(Forbidden, match="no role in any workspace yet"):
        Principal(id="kim", name="Kim", workspace="").require(Action.RUNS_READ)
