"""What each role may do: the one table from which the checks, the documentation and the tests come.

A person has roles in a workspace, by name or through groups, and may do what any of them allows. What
concerns the whole installation (`INSTALLATION`) belongs to its administrators, who are also admins of every
workspace.
"""

from enum import StrEnum


class Role(StrEnum):
    """A role in a workspace."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    DESIGNER = "designer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Action(StrEnum):
    """Something that a service does for somebody; every service function names one."""

    WORKFLOWS_READ = "workflows:read"
    WORKFLOWS_WRITE = "workflows:write"
    WORKFLOWS_PUBLISH = "workflows:publish"
    WORKFLOWS_DELETE = "workflows:delete"
    WORKFLOWS_SHARE = "workflows:share"
    TRIGGERS_MANAGE = "triggers:manage"
    RUNS_READ = "runs:read"
    RUNS_START = "runs:start"
    RUNS_STOP = "runs:stop"
    RUNS_REPAIR = "runs:repair"
    EVENTS_SEND = "events:send"
    TASKS_READ = "tasks:read"
    TASKS_DECIDE = "tasks:decide"
    SECRETS_READ = "secrets:read"
    SECRETS_WRITE = "secrets:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    SERVICE_KEYS_WRITE = "service-keys:write"
    AUDIT_READ = "audit:read"
    NOTIFICATIONS_MANAGE = "notifications:manage"
    SELF = "self"
    SELF_SECURE = "self:secure"
    USERS_MANAGE = "users:manage"
    WORKSPACES_MANAGE = "workspaces:manage"
    PROVIDERS_MANAGE = "providers:manage"
    IMPERSONATE = "users:impersonate"


MEANINGS = {
    Action.WORKFLOWS_READ: "See workflows, their versions and triggers",
    Action.WORKFLOWS_WRITE: "Draw and edit workflows, pin outputs",
    Action.WORKFLOWS_PUBLISH: "Publish versions",
    Action.WORKFLOWS_DELETE: "Delete workflows",
    Action.WORKFLOWS_SHARE: "Narrow a workflow to people and groups",
    Action.TRIGGERS_MANAGE: "Pause, resume and try triggers, make new webhook addresses",
    Action.RUNS_READ: "See runs, their steps, outputs and files",
    Action.RUNS_START: "Start, fork and restart runs",
    Action.RUNS_STOP: "Cancel and terminate runs, raise their budgets",
    Action.RUNS_REPAIR: "Rebuild the records of runs",
    Action.EVENTS_SEND: "Send events to waiting steps",
    Action.TASKS_READ: "See the tasks of the inbox, what was decided and said about them",
    Action.TASKS_DECIDE: "Decide waiting steps; claim, delegate and comment on tasks",
    Action.SECRETS_READ: "See the names of secrets",
    Action.SECRETS_WRITE: "Store and delete secrets",
    Action.MEMBERS_READ: "See who belongs to the workspace",
    Action.MEMBERS_WRITE: "Invite people, give and take roles",
    Action.SERVICE_KEYS_WRITE: "Make and revoke the keys of programs",
    Action.AUDIT_READ: "Read and export the audit log",
    Action.NOTIFICATIONS_MANAGE: "Set up the channels of the workspace, for example its chat",
    Action.SELF: "See and change one's own profile",
    Action.SELF_SECURE: "Change one's own password, second factor, sessions and keys",
    Action.USERS_MANAGE: "Manage the people and groups of the installation",
    Action.WORKSPACES_MANAGE: "Make, rename and archive workspaces",
    Action.PROVIDERS_MANAGE: "Manage identity providers and what their claims give",
    Action.IMPERSONATE: "Act as another person, visibly",
}
"""Each action in a person's words, for the roles page and the documentation."""

ONESELF = frozenset({Action.SELF, Action.SELF_SECURE})
"""What everybody may do who is signed in. Who acts as another person, or by a key, has only the first."""

_VIEWER = ONESELF | {Action.WORKFLOWS_READ, Action.RUNS_READ, Action.TASKS_READ, Action.MEMBERS_READ}
_REVIEWER = _VIEWER | {Action.TASKS_DECIDE}
_DESIGNER = _REVIEWER | {
    Action.WORKFLOWS_WRITE,
    Action.WORKFLOWS_PUBLISH,
    Action.WORKFLOWS_DELETE,
    Action.WORKFLOWS_SHARE,
    Action.TRIGGERS_MANAGE,
    Action.RUNS_START,
    Action.RUNS_STOP,
    Action.EVENTS_SEND,
    Action.SECRETS_READ,
    Action.SECRETS_WRITE,
}
_OPERATOR = _REVIEWER | {
    Action.TRIGGERS_MANAGE,
    Action.RUNS_START,
    Action.RUNS_STOP,
    Action.EVENTS_SEND,
    Action.SECRETS_READ,
    Action.SECRETS_WRITE,
    Action.SERVICE_KEYS_WRITE,
}
_ADMIN = _DESIGNER | _OPERATOR | {Action.MEMBERS_WRITE, Action.AUDIT_READ, Action.NOTIFICATIONS_MANAGE}

GRANTS: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.REVIEWER: _REVIEWER,
    Role.DESIGNER: _DESIGNER,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: _ADMIN,
}
"""What a role allows in its workspace."""

INSTALLATION = frozenset(
    {
        Action.USERS_MANAGE,
        Action.WORKSPACES_MANAGE,
        Action.PROVIDERS_MANAGE,
        Action.IMPERSONATE,
        Action.RUNS_REPAIR,
    }
)
"""What only an administrator of the installation may do, in no workspace in particular."""

EVERYTHING = frozenset(Action)


def role_for(action: Action) -> str:
    """Return in words the least roles that allow an action of a workspace: "designer or operator"."""
    granting = [role for role in Role if action in GRANTS[role]]
    least = [role for role in granting if not any(GRANTS[other] < GRANTS[role] for other in granting)]
    return " or ".join(least)


def refusal(action: Action, *, by_key: bool = False) -> str:
    """Return the sentence for who may not do `action`: what is missing, and whom to ask for it."""
    done = MEANINGS[action][0].lower() + MEANINGS[action][1:]
    if by_key:
        return f"This key does not let you {done} ({action}). Use one that does."
    if action in ONESELF:
        return f"This is for the person alone, not for who acts as them: {done}."
    if action in INSTALLATION:
        return f"Only an administrator of the installation may {done}. Ask one of them."
    missing = f"Your roles here do not let you {done}."
    return f"{missing} Ask an admin of the workspace for the role {role_for(action)}."


def allowed(roles: frozenset[Role]) -> frozenset[Action]:
    """Return what a person with these roles may do. Somebody signed in without any role has their profile."""
    return ONESELF.union(*(GRANTS[role] for role in roles))
