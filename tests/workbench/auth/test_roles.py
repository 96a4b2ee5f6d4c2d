"""The table of roles, and the page made of it."""

from pathlib import Path

from workbench import auth
from workbench.auth.__main__ import readme


def test_the_readme_is_made_of_the_table() -> None:
    assert auth.__file__
    written = (Path(auth.__file__).parent / "README.md").read_text()
    assert written == readme(), "python -m workbench.auth > workbench/auth/README.md"
