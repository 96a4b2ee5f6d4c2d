"""Composition root of the web process: the Reflex app, the API beside it, the gate around both, the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx
from starlette.types import ASGIApp

from components import crash
from pages import (
    audit,
    compare,
    editor,
    groups,
    inbox,
    invitation,
    invitations,
    members,
    not_found,
    notifications,
    open_link,
    profile,
    provider,
    providers,
    roles,
    run,
    runs,
    security,
    set_up,
    settings,
    sign_in,
    task,
    workflows,
    workspaces,
)
from workbench import routes
from workbench.api.app import create_api
from workbench.api.content_policy import ContentPolicy
from workbench.api.gate import HostOriginGate
from workbench.api.page_gate import PageGate
from workbench.api.uploads import UploadGate
from workbench.services import resources
from workbench.services import set_up as first_set_up
from workbench.services.oidc import upkeep
from workbench.state import inbox_push, notices, present, push, uploads
from workbench.state.absence import AbsenceState
from workbench.state.api_keys import ApiKeysState
from workbench.state.audit import AuditState
from workbench.state.base import AppState, toast_error
from workbench.state.compare import CompareState
from workbench.state.editor import EditorState
from workbench.state.editor_page import EditorPageState
from workbench.state.groups import GroupsState
from workbench.state.guard import PrincipalGuard
from workbench.state.inbox import InboxState
from workbench.state.members import MembersState
from workbench.state.open_link import OpenLinkState
from workbench.state.profile import ProfileState
from workbench.state.provider import ProviderState
from workbench.state.providers import ProvidersState
from workbench.state.run import RunState
from workbench.state.run_page import RunPageState
from workbench.state.runs import RunsState
from workbench.state.saved_views import SavedViewsState
from workbench.state.secrets import SecretsState
from workbench.state.settings import SettingsState
from workbench.state.sign_in import SignInState
from workbench.state.task import TaskState
from workbench.state.task_neighbours import TaskNeighboursState
from workbench.state.workflows import WorkflowsState
from workbench.state.workspaces import WorkspacesState

NAME = "Workbench"


def create_app() -> rx.App:
    """Return the application with every page on its route."""
    app = rx.App(
        html_lang="en",
        head_components=[rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg")],
        backend_exception_handler=toast_error,
        toaster=rx.toast.provider(position="bottom-right", rich_colors=False, close_button=True),
        app_wraps={(55, "ErrorBoundary"): lambda stateful: crash.boundary()},
        api_transformer=[
            create_api(),
            lambda api: _uploads(app, api),
            PageGate,
            HostOriginGate,
            ContentPolicy,
        ],
    )
    app.add_middleware(PrincipalGuard())
    add_pages(app)
    app.register_lifespan_task(push.push, app=app)
    app.register_lifespan_task(present.follow, app=app)
    app.register_lifespan_task(notices.follow_news, app=app)
    app.register_lifespan_task(inbox_push.follow, app=app)
    app.register_lifespan_task(first_set_up.announce)
    app.register_lifespan_task(upkeep.keep_up)
    app.register_lifespan_task(close_connections)
    return app


def _uploads(app: rx.App, api: ASGIApp) -> ASGIApp:
    return UploadGate(api, takes=uploads.takes_files, cookie=uploads.cookie_behind(app))


@asynccontextmanager
async def close_connections() -> AsyncIterator[None]:
    """Close the process's connections when it stops."""
    yield
    await resources.close()


def _title(subject: Any, without: str) -> Any:
    """Return the title of a page about `subject` (a state's var), and about `without` until it is known."""
    return rx.cond(subject, f"{subject} · {NAME}", f"{without} · {NAME}")


def add_pages(app: rx.App) -> None:
    """Put every page on its route, with its title and what it loads."""
    app.add_page(
        workflows.page,
        route=routes.WORKFLOWS,
        title=f"Workflows · {NAME}",
        on_load=WorkflowsState.load,
    )
    app.add_page(
        editor.page,
        route=routes.EDITOR,
        title=_title(EditorState.name, "Workflow"),
        on_load=EditorPageState.load,
    )
    app.add_page(runs.page, route=routes.RUNS, title=f"Runs · {NAME}", on_load=RunsState.load)
    app.add_page(
        run.page,
        route=routes.RUN,
        title=_title(RunState.head.workflow_name, "Run"),
        on_load=RunPageState.load,
    )
    app.add_page(
        compare.page,
        route=routes.COMPARE,
        title=f"Compare runs · {NAME}",
        on_load=CompareState.load,
    )
    app.add_page(
        settings.page,
        route=routes.SETTINGS,
        title=f"Settings · {NAME}",
        on_load=[SettingsState.load, SecretsState.load],
    )
    app.add_page(
        profile.page,
        route=routes.PROFILE,
        title=f"Profile · {NAME}",
        on_load=[ProfileState.load, ApiKeysState.load, AbsenceState.load],
    )
    app.add_page(sign_in.page, route=routes.SIGN_IN, title=f"Sign in · {NAME}", on_load=SignInState.load)
    app.add_page(
        security.page,
        route=routes.SECURITY,
        title=f"Password and second factor · {NAME}",
        on_load=AppState.dismiss_trouble,
    )
    app.add_page(members.page, route=routes.MEMBERS, title=f"Members · {NAME}", on_load=MembersState.load)
    app.add_page(groups.page, route=routes.GROUPS, title=f"Groups · {NAME}", on_load=GroupsState.load)
    app.add_page(roles.page, route=routes.ROLES, title=f"Roles · {NAME}", on_load=AppState.dismiss_trouble)
    app.add_page(
        workspaces.page,
        route=routes.WORKSPACES,
        title=f"Workspaces · {NAME}",
        on_load=WorkspacesState.load,
    )
    app.add_page(
        invitations.page,
        route=routes.INVITATIONS,
        title=f"Invitations · {NAME}",
        on_load=AppState.dismiss_trouble,
    )
    app.add_page(set_up.page, route=routes.SET_UP, title=f"Set up · {NAME}")
    app.add_page(audit.page, route=routes.AUDIT, title=f"Audit log · {NAME}", on_load=AuditState.load)
    app.add_page(
        providers.page,
        route=routes.PROVIDERS,
        title=f"Providers · {NAME}",
        on_load=ProvidersState.load,
    )
    app.add_page(
        provider.page,
        route=routes.PROVIDER,
        title=_title(ProviderState.name, "Provider"),
        on_load=ProviderState.load,
    )
    app.add_page(invitation.page, route=routes.INVITATION, title=f"Invitation · {NAME}")
    app.add_page(
        inbox.page,
        route=routes.INBOX,
        title=f"Inbox · {NAME}",
        on_load=[InboxState.load, SavedViewsState.load],
    )
    app.add_page(
        task.page,
        route=routes.TASK,
        title=_title(TaskState.head.title, "Task"),
        on_load=[TaskState.load, TaskNeighboursState.load],
    )
    app.add_page(notifications.page, route=routes.NOTIFICATIONS, title=f"Notifications · {NAME}")
    app.add_page(open_link.page, route=routes.OPEN_LINK, title=f"Link · {NAME}", on_load=OpenLinkState.load)
    app.add_page(not_found.page, route="404", title=f"Not found · {NAME}")


app = create_app()
