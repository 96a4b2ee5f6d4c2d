"""The command line says in which workspace it acts, and what to do when an API key does not tell."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from workbench.commands.api import Refused, _content, _headers
from workbench.errors import Invalid
from workbench.services import key_callers
from workbench.settings import Settings


def test_a_workspace_goes_along_with_the_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, api_key=SecretStr("wb_x"), workspace="0199-lab")
    assert _headers(settings) == {"Authorization": "Bearer wb_x", "Workbench-Workspace": "0199-lab"}
    assert "WORKBENCH_WORKSPACE" not in settings.environment()


@pytest.mark.parametrize("workspace", ["", "a\r\nX: y", "ü", "x" * 101])
def test_what_no_header_can_hold_is_refused(tmp_path: Path, workspace: str) -> None:
    with pytest.raises(ValidationError):
        Settings(data_dir=tmp_path, workspace=workspace)


def test_a_key_of_several_workspaces_is_told_to_name_one() -> None:
    there = {"0199-lab": "Lab", "0199-office": "Office"}
    with pytest.raises(Invalid) as unclear:
        key_callers.workspace(there, None)
    problems = [problem.model_dump() for problem in unclear.value.problems]
    request = httpx.Request("GET", "http://127.0.0.1/runs", headers={"Authorization": "Bearer wb_x"})
    answer = httpx.Response(422, json={"problems": problems}, request=request)
    with pytest.raises(Refused, match=r"0199-lab \(Lab\), 0199-office \(Office\).*--workspace"):
        _content(answer)
