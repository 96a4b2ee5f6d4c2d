"""What the product's lock installs is enough: images install from it, without what the tests bring."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_product_needs_only_what_its_lock_names(tmp_path: Path) -> None:
    python, lock = tmp_path / "venv/bin/python", ROOT / "workbench/deploy/requirements.lock"
    subprocess.run(["uv", "venv", "--quiet", tmp_path / "venv"], check=True)
    install = ["uv", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*install, "--require-hashes", "-r", lock], check=True)

    entrances = "import workbench.cli, workbench.workbench, workbench.worker, workbench.db.migrate"
    done = subprocess.run([python, "-c", entrances], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
