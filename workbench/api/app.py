"""The HTTP API as one application: `/api/v1`, documented at `/api/docs`, every error a problem.

The web process mounts Reflex behind it, so only paths below `/api` are this application's.
"""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from sse_starlette.sse import AppStatus
from starlette.exceptions import HTTPException

from workbench.api import problems
from workbench.api.bodies import BodyLimit
from workbench.api.media import JsonOnly
from workbench.api.principal import current_principal
from workbench.api.v1 import (
    api_keys,
    audit,
    auth,
    events,
    groups,
    health,
    hitl,
    hooks,
    inbox_views,
    invitations,
    members,
    notebook,
    notifications,
    oidc,
    providers,
    repair,
    runs,
    schemas,
    secrets,
    security,
    sessions,
    task_pages,
    triggers,
    users,
    workflows,
    workspaces,
)
from workbench.services.triggers import hooks as waiting_hooks

PREFIX = "/api/v1"
_ROUTERS = (
    health.router,
    auth.router,
    oidc.router,
    workflows.router,
    triggers.router,
    notebook.router,
    runs.router,
    repair.router,
    hitl.router,
    notifications.router,
    notifications.task_router,
    task_pages.router,
    inbox_views.router,
    events.router,
    schemas.router,
    secrets.router,
    invitations.router,
    security.router,
    api_keys.router,
    audit.router,
    sessions.router,
    users.router,
    workspaces.router,
    groups.router,
    members.router,
    providers.router,
    hooks.router,
)
_OPEN = (health.router, hooks.router, auth.router, oidc.router)
"""What answers without a principal: probes, signing in, and webhooks, which check callers themselves."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_api() -> FastAPI:
    """Return the application. It needs no start-up; the services connect when they are first used."""
    # Its documentation comes from this server alone: no foreign script on our origin, no network needed.
    app = FastAPIOffline(
        docs_url="/api/docs",
        redoc_url=None,
        static_url="/api/docs/static",
        swagger_ui_oauth2_redirect_url="/api/docs/oauth2-redirect",
        openapi_url="/api/openapi.json",
        title="Workbench",
        version="1",
        description="Workflows, their versions and their runs.",
    )
    for router in _ROUTERS:
        needed = () if router in _OPEN else (Depends(current_principal),)
        app.include_router(router, prefix=PREFIX, responses=problems.RESPONSES, dependencies=needed)
    app.include_router(_nothing_else())
    app.add_middleware(BodyLimit)
    app.add_middleware(JsonOnly)
    problems.install(app)
    _describe_problems(app)
    return app


def end_streams() -> None:
    """End every open event stream and every wait, so that a process that is told to stop does not hang on."""
    AppStatus.should_exit = True
    waiting_hooks.stop_waiting()


def _nothing_else() -> APIRouter:
    """Return a router that answers what no route below /api does, instead of a page."""
    router = APIRouter()

    @router.api_route("/api/{path:path}", methods=_METHODS, include_in_schema=False)
    async def unknown(request: Request, path: str) -> None:
        """Say 405 where another method would do, else 404."""
        allowed = _allowed(f"/api/{path}".removeprefix(PREFIX))
        if allowed:
            detail = f"{request.method} is not possible here; {', '.join(allowed)} is."
            raise HTTPException(405, detail, headers={"Allow": ", ".join(allowed)})
        raise HTTPException(404, f"There is no {request.url.path}. See /api/docs.")

    return router


def _allowed(path: str) -> list[str]:
    """Return the methods that some route takes for `path`, which is relative to /api/v1."""
    routes = (route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return sorted(
        {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    )


def _describe_problems(app: FastAPI) -> None:
    """Put the schema of problems into the OpenAPI document; every route's errors refer to it."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            parts = problems.ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(parts.pop("$defs", {}))
            schemas["ProblemDetails"] = parts
        return app.openapi_schema or document

    app.openapi = openapi  # type: ignore[method-assign]
