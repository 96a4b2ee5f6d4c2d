"""Makes the built frontend talk to the host and port that served it, so that one build serves any port.

Reflex writes the backend's port into the build and replaces only the host name in the browser. In a
production build the page and its websocket always have the same origin, so this plugin takes both from
the page's address. A development build (two servers, two ports) is left as it is.
"""

from collections.abc import Callable
from typing import Any

from reflex.plugins import Plugin

CHANGES = (
    ("endpoint.hostname = frontend_hostname;", "endpoint.host = window.location.host;"),
    ('endpoint.port = "";', "endpoint.port = window.location.port;"),
)


class SameOrigin(Plugin):
    """Installed in rxconfig.py."""

    def pre_compile(
        self, *, add_modify_task: Callable[[str, Callable[[str], str]], None], **context: Any
    ) -> None:
        """Ask for the change of the one file that knows the backend's address."""
        from reflex.utils.exec import is_prod_mode

        if is_prod_mode():
            add_modify_task("utils/state.js", same_origin)


def same_origin(source: str) -> str:
    """Return Reflex's `state.js` with the page's own address; ValueError when it reads differently."""
    for before, after in CHANGES:
        if before not in source and after not in source:
            raise ValueError(f"state.js has changed: neither {before!r} nor {after!r} is in it.")
        source = source.replace(before, after)
    return source
