"""The one door to every service function: who may come in, and which rows are there once inside.

    @requires(Action.RUNS_READ)
    async def get_run(principal: Principal, run_id: str) -> RunDetail: ...

`requires` refuses a principal whose roles do not allow the action, and lets the function's transactions reach
the rows of that principal's workspace only. A function without it cannot ask the database anything on a
caller's behalf (`db.scoping`), and a test finds every one that takes a principal.
"""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import scoping

P = ParamSpec("P")
T = TypeVar("T")
Service = Callable[Concatenate[Principal, P], T]


@contextmanager
def acting(principal: Principal) -> Iterator[None]:
    """Let the transactions of the enclosed block reach what this principal does."""
    with scoping.reaching(reach_of(principal)):
        yield


@contextmanager
def everywhere() -> Iterator[None]:
    """Reach the rows of every workspace: for the workbench's own work, or before it knows who asks."""
    with scoping.reaching(scoping.EVERYTHING):
        yield


def reach_of(principal: Principal) -> scoping.Reach:
    """Return the rows that a principal reaches. Admins, who decide who sees what, see all workflows."""
    sees_all = principal.kind == "system" or principal.may(Action.MEMBERS_WRITE)
    subjects = None if sees_all else principal.groups | {principal.id}
    return scoping.Reach(principal.workspace, subjects)


def requires(action: Action) -> Callable[[Service[P, T]], Service[P, T]]:
    """Let a service function run only for a principal that may do `action`; else it raises Forbidden."""

    def decorate(function: Service[P, T]) -> Service[P, T]:
        guarded: Any = (
            _stream(action, cast(Any, function))
            if inspect.isasyncgenfunction(function)
            else _call(action, cast(Any, function))
        )
        guarded.required = action
        return cast(Service[P, T], guarded)

    return decorate


async def _let_in(principal: Principal, action: Action, function: Callable[..., Any]) -> None:
    """Raise Forbidden, and note it in the audit log, unless the principal may do `action`."""
    from workbench.services import audit  # it is a service itself

    if not principal.may(action):
        await audit.refused(principal, action, detail={"asked": _named(function)})
    principal.require(action)


async def _told(principal: Principal, action: Action, function: Callable[..., Any]) -> None:
    """Note in the audit log what an administrator changed as another person.

    What somebody changes of themselves (`SELF`) is noted by the service itself.
    """
    from workbench.services import audit

    reads = action == Action.SELF or action.endswith(":read")
    if principal.impersonator is not None and not reads:
        await audit.impersonated(principal, action, detail={"asked": _named(function)})


def _named(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('workbench.services.')}.{function.__name__}"


def _call(action: Action, function: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    @wraps(function)
    async def guarded(principal: Principal, *args: Any, **kwargs: Any) -> T:
        await _let_in(principal, action, function)
        with acting(principal):
            answer = await function(principal, *args, **kwargs)
        await _told(principal, action, function)
        return answer

    return guarded


def _stream(
    action: Action, function: Callable[..., AsyncGenerator[T, None]]
) -> Callable[..., AsyncGenerator[T, None]]:
    @wraps(function)
    async def guarded(principal: Principal, *args: Any, **kwargs: Any) -> AsyncGenerator[T, None]:
        await _let_in(principal, action, function)
        async with aclosing(function(principal, *args, **kwargs)) as stream:
            while True:
                with acting(principal):  # for each step: between two of them the caller's own reach counts
                    try:
                        item = await anext(stream)
                    except StopAsyncIteration:
                        return
                yield item

    return guarded
