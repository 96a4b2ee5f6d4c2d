"""What is pushed to a tab goes to the websocket of the person whose tab it was, and to no other."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.people import somebody
from workbench.services import sessions
from workbench.services.identity import Caller, Credentials
from workbench.services.resources import Resources
from workbench.state import push
from workbench.state.base import AppState
from workbench.state.push import Tab, tabs
from workbench.state.sockets import is_theirs


def app(cookie: str | None) -> Any:
    """Return Reflex's part: one websocket, which took the place of `tab` and brought this cookie."""
    header = {} if cookie is None else {"HTTP_COOKIE": f"other=1; {sessions.cookie_name()}={cookie}"}
    return SimpleNamespace(
        event_namespace=SimpleNamespace(token_to_sid={"tab": "socket"}, namespace="/_event"),
        sio=SimpleNamespace(get_environ=lambda sid, namespace: header),
    )


@pytest.mark.parametrize(("cookie", "theirs"), [("ada", True), ("eve", False), (None, False)])
def test_a_websocket_is_theirs_that_brought_their_session(
    resources: Resources, cookie: str | None, theirs: bool
) -> None:
    ada = Caller(somebody("Ada"), Credentials(cookie="ada"))
    assert is_theirs(app(cookie), "tab", ada) is theirs
    assert not is_theirs(app(cookie), "closed", ada)


def test_of_one_user_without_sessions_every_websocket_is_theirs(resources: Resources) -> None:
    assert is_theirs(app(None), "tab", Caller(somebody("Owner"), Credentials()))


async def test_a_tab_whose_place_somebody_else_took_is_told_nothing(resources: Resources) -> None:
    tab = Tab(AppState, None, Caller(somebody("Ada"), Credentials(cookie="ada")))
    tab.pending[("run", "")] = None  # type: ignore[assignment]
    tabs._by_token["tab"] = tab
    await push._tell(app("eve"), "tab", tab)
    assert "tab" not in tabs._by_token
    assert tab.pending
