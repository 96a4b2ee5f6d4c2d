"""Every URL of the user interface, so that no page spells another page's path."""

from urllib.parse import urlencode

WORKFLOWS = "/"
EDITOR = "/workflows/[workflow_id]"
RUNS = "/runs"
RUN = "/runs/[run_id]"
COMPARE = "/compare"
INBOX = "/inbox"
TASK = "/inbox/[task_id]"
SETTINGS = "/settings"
PROFILE = "/settings/profile"
AUDIT = "/settings/audit"
PROVIDERS = "/settings/providers"
PROVIDER = "/settings/providers/[provider_id]"
SECURITY = "/settings/security"
MEMBERS = "/settings/members"
GROUPS = "/settings/groups"
ROLES = "/settings/roles"
WORKSPACES = "/settings/workspaces"
INVITATIONS = "/settings/invitations"
NOTIFICATIONS = "/settings/notifications"
OPEN_LINK = "/open"
SIGN_IN = "/sign-in"
SET_UP = "/set-up"
INVITATION = "/invitation"


def sign_in(next_: str = WORKFLOWS) -> str:
    """Return the URL at which to sign in, from which one goes on to the path `next_`."""
    return SIGN_IN if next_ == WORKFLOWS else f"{SIGN_IN}?{urlencode({'next': next_})}"


def workflows(search: str = "") -> str:
    """Return the URL of the list of workflows whose name has `search` in it."""
    return f"{WORKFLOWS}?{urlencode({'q': search})}" if search else WORKFLOWS


def runs(*, status: str = "", workflow_id: str = "", trigger: str = "", label: str = "") -> str:
    """Return the URL of the list of runs, where given of one status, workflow, type of trigger or label.

    A label is `name:value`.
    """
    given = (("status", status), ("workflow", workflow_id), ("trigger", trigger), ("label", label))
    wanted = {name: value for name, value in given if value}
    return f"{RUNS}?{urlencode(wanted)}" if wanted else RUNS


def inbox(**asked: str) -> str:
    """Return the URL of one of the inbox's lists: its queue, order and filters."""
    wanted = {name: value for name, value in asked.items() if value}
    return f"{INBOX}?{urlencode(wanted)}" if wanted else INBOX


def task(task_id: str) -> str:
    """Return the URL of a task."""
    return f"/inbox/{task_id}"


def open_link(token: str) -> str:
    """Return the URL that a message leads to: it opens what the signed `token` is about."""
    return f"{OPEN_LINK}?{urlencode({'link': token})}"


def task_data(task_id: str) -> str:
    """Return the URL of what a task is about, as JSON."""
    return f"/api/v1/hitl/tasks/{task_id}/data"


def task_file(task_id: str, digest: str) -> str:
    """Return the URL of a file of a task; without a digest, where files are put."""
    return f"/api/v1/hitl/tasks/{task_id}/files{'/' + digest if digest else ''}"


def editor(workflow_id: str, *, ask: bool = False) -> str:
    """Return the URL of a workflow's canvas; with `ask` it opens with the question what to run it with."""
    return f"/workflows/{workflow_id}?ask=1" if ask else f"/workflows/{workflow_id}"


def run(run_id: str) -> str:
    """Return the URL of one run."""
    return f"/runs/{run_id}"


def provider(provider_id: str) -> str:
    """Return the URL of one identity provider."""
    return f"{PROVIDERS}/{provider_id}"


def compare(*, after: str, before: str = "") -> str:
    """Return the URL of two runs side by side; without `before`, of the choice what to compare with."""
    wanted = {name: value for name, value in (("before", before), ("after", after)) if value}
    return f"{COMPARE}?{urlencode(wanted)}"


def output(run_id: str, node_id: str, scope: str = "") -> str:
    """Return the URL of a node's whole output as JSON."""
    return f"/api/v1/runs/{run_id}/nodes/{node_id}/output{_in(scope)}"


def artifact(run_id: str, node_id: str, scope: str = "") -> str:
    """Return the URL of the bytes of a file that a node put out."""
    return f"/api/v1/runs/{run_id}/nodes/{node_id}/artifact{_in(scope)}"


def _in(scope: str) -> str:
    return f"?{urlencode({'scope': scope})}" if scope else ""
