"""Every URL of the user interface, so that no page spells another page's path."""

WORKFLOWS = "/"
EDITOR = "/workflows/[workflow_id]"
RUNS = "/runs"
RUN = "/runs/[run_id]"
SETTINGS = "/settings"


def editor(workflow_id: str) -> str:
    """Return the URL of a workflow's canvas."""
    return f"/workflows/{workflow_id}"


def run(run_id: str) -> str:
    """Return the URL of one run."""
    return f"/runs/{run_id}"
