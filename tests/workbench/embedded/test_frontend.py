"""When the frontend is built, and when it is not."""

import os
import shutil
from pathlib import Path

import pytest

from tests.workbench.embedded.conftest import ROOT
from workbench.embedded import fingerprint, frontend
from workbench.embedded.errors import StartFailed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the frontend is made of, to be changed."""
    root = tmp_path / "project"
    unneeded = shutil.ignore_patterns("__pycache__")
    for folder in ("pages", "components", "workbench", "engine", "assets", "reflex.lock"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, root / folder, ignore=unneeded, symlinks=True)
    for name in ("rxconfig.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("components/theme.py", True),
        ("components/canvas/flow.jsx", True),
        ("workbench/routes.py", True),
        ("engine/nodes/http.py", True),
        ("rxconfig.py", True),
        ("workbench/embedded/ports.py", False),
        ("engine/workflows/graph_run.py", False),
        ("assets/external/generated.js", False),
    ],
)
def test_a_change_counts_where_a_page_can_show_it(project: Path, file: str, counts: bool) -> None:
    before = fingerprint.of_sources(project)
    path = project / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    assert (fingerprint.of_sources(project) != before) is counts


def test_bytecode_does_not_count(project: Path) -> None:
    before = fingerprint.of_sources(project)
    (project / "pages" / "__pycache__").mkdir(exist_ok=True)
    (project / "pages" / "__pycache__" / "runs.cpython-311.pyc").write_bytes(b"x")
    assert fingerprint.of_sources(project) == before


async def test_a_finished_build_is_used_as_it_is(project: Path, tmp_path: Path) -> None:
    build = frontend.current(project, tmp_path / "cache")
    (build / "build" / "client").mkdir(parents=True)
    (build / "build" / "client" / "index.html").write_text("built before")
    assert await frontend.ensure(project, tmp_path / "cache", tmp_path / "log", mark="test") == build


async def test_a_build_that_fails_shows_why(project: Path, tmp_path: Path) -> None:
    (project / "rxconfig.py").write_text("raise RuntimeError('these sources are broken')")
    with pytest.raises(StartFailed, match="these sources are broken") as failure:
        await frontend.ensure(project, tmp_path / "cache", tmp_path / "frontend.log", mark="test")
    assert str(tmp_path / "frontend.log") in str(failure.value)


async def test_a_build_that_is_served_is_not_removed(project: Path, tmp_path: Path) -> None:
    cache, workspace = tmp_path / "cache", tmp_path / "workspace"
    _make_build(workspace)
    served = frontend.current(project, cache)
    _make_build(served)
    await frontend.ensure(project, cache, tmp_path / "log", mark="test")
    os.utime(served, (0, 0))
    for number in range(6):
        frontend._keep(workspace, served.with_name(f"{number}f"))
    assert frontend.is_built(served)
    assert len(list(served.parent.iterdir())) == 5


def _make_build(place: Path) -> None:
    (place / "build" / "client").mkdir(parents=True)
    (place / "build" / "client" / "index.html").write_text("pages")


@pytest.mark.parametrize(
    ("after", "kept"), [('{"a":1}', '{\n  "a": 1\n}'), ('{"a":2}', '{"a":2}')], ids=["same", "changed"]
)
def test_a_lock_that_is_only_laid_out_anew_stays_as_it_was(tmp_path: Path, after: str, kept: str) -> None:
    file = tmp_path / "package.json"
    file.write_text('{\n  "a": 1\n}')
    with frontend.as_written(file):
        file.write_text(after)
    assert file.read_text() == kept


def test_a_build_that_fails_leaves_the_lock_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "package.json"
    file.write_text('{\n  "a": 1\n}')

    def fail() -> None:
        with frontend.as_written(file):
            file.write_text('{"a":1}')
            raise RuntimeError("the build failed")

    with pytest.raises(RuntimeError):
        fail()
    assert file.read_text() == '{\n  "a": 1\n}'
