"""Writes this folder's README: `python -m workbench.auth > workbench/auth/README.md`."""

import sys

from workbench.auth.roles import GRANTS, INSTALLATION, MEANINGS, Action, Role

HEAD = """# Who may do what

Made of `roles.py`, as the page Settings › Roles is (`python -m workbench.auth`). A person has roles in a
workspace, by name or through groups, and may do what any of them allows. Administrators of the installation
may do everything in every workspace; the lines marked with • are theirs alone.
"""


def readme() -> str:
    """Return the README."""
    heads = ["Action", "Name", *(role.value for role in Role)]
    lines = [heads, ["---"] * 2 + [":-:"] * len(Role), *(_line(action) for action in Action)]
    return HEAD + "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _line(action: Action) -> list[str]:
    mark = " •" if action in INSTALLATION else ""
    granted = ("✓" if action in GRANTS[role] else "" for role in Role)
    return [MEANINGS[action] + mark, f"`{action}`", *granted]


if __name__ == "__main__":
    sys.stdout.write(readme())
