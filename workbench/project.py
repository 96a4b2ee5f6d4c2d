"""Where the project's own files stand: Reflex runs beside rxconfig.py, wherever the command was typed."""

from pathlib import Path

from workbench.errors import WorkbenchError


def project_root() -> Path:
    """Return the directory that holds rxconfig.py; WorkbenchError when it is missing."""
    root = Path(__file__).resolve().parents[1]
    if not (root / "rxconfig.py").is_file():
        raise WorkbenchError(
            f"rxconfig.py is missing in {root}: the workbench runs from its source directory. "
            "Clone the repository and start it there with: uv run workbench"
        )
    return root
