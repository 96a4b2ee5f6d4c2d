"""The process that sends one message; see `messenger` for what holds in it.

It reads what it is asked from its standard input and says on its standard output what came of it, both JSON.
"""

import importlib
import json
import logging
import os
import re
import socket
import sys
from typing import Any

from engine.errors import NodeFailed
from engine.outbound.messenger import SERVICES, Answered
from engine.outbound.policy import Address, OutboundPolicy, parse_address, refuse_service

_NEVER = frozenset(
    {
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "os.startfile",
        "pty.spawn",
        "subprocess.Popen",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "webbrowser.open",
    }
)
"""Events of the interpreter that sending a message over TCP never needs."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


_READABLE = tuple(
    os.path.realpath(path)
    for path in (
        sys.prefix,
        os.path.dirname(os.__file__),
        os.path.dirname(os.path.dirname(__file__)),
        "/etc/ssl",
        "/etc/mime.types",
        "/usr/share/zoneinfo",
        *(
            os.environ[name]
            for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
            if name in os.environ
        ),
    )
)
"""What may be read."""


class Refused(PermissionError):
    """Something that this process does not do; an OSError, as whoever connects expects one."""


class Guard:
    """Keeps the process from what it is not for. There is no way to take it off again."""

    def __init__(self, policy: OutboundPolicy) -> None:
        self._policy = policy
        self.refusals: list[str] = []

    def put_on(self) -> None:
        """From now on every event of the interpreter is looked at before it happens (PEP 578)."""
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._check(arguments[0], arguments[1])
        elif event in _NEVER:
            raise self._refused(f"Sending a message does not need {event}")
        elif event == "open" and not _may_open(arguments[0], arguments[2] or 0):
            raise self._refused("Sending a message needs no files of this machine")

    def _check(self, connection: socket.socket, where: Any) -> None:
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            raise self._refused("Messages are sent over TCP alone")
        try:
            address = parse_address(str(where[0]))
        except ValueError:
            raise self._refused("A name was to be reached that was not resolved") from None
        try:
            self._policy.check(address)
            own = {one for host in self._policy.service_hosts(where[1]) for one in _resolved(host, where[1])}
            if own:
                refuse_service(address, own)
        except NodeFailed as error:
            raise self._refused(error.failure.message) from None

    def _refused(self, message: str) -> Refused:
        self.refusals.append(message)
        return Refused(message)


def _may_open(path: Any, flags: int) -> bool:
    """Return whether a file may be opened: to be read, and Python's own or a list of certificates."""
    if isinstance(path, int) or path == os.devnull:
        return True
    real = os.path.realpath(os.fsdecode(path))
    return not flags & _WRITES and any(real == one or real.startswith(one + os.sep) for one in _READABLE)


def _resolved(host: str, port: int) -> set[Address]:
    try:
        return {parse_address(host.strip("[]"))}
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {parse_address(str(entry[4][0])) for entry in found}


def main() -> None:
    """Do what is asked; whatever goes wrong is an answer too."""
    asked = json.loads(sys.stdin.buffer.read())
    said = sys.stdout
    sys.stdout = sys.stderr  # plugins shall not speak in our place
    answer = _answer(asked)
    said.write(answer.model_dump_json())
    said.flush()
    os._exit(0)


def _answer(asked: dict[str, Any]) -> Answered:
    guard = Guard(
        OutboundPolicy(
            allow_private=asked["policy"]["allow_private"],
            allowed_networks=tuple(asked["policy"]["allowed_networks"]),
            services=frozenset((host, port) for host, port in asked["policy"]["services"]),
        )
    )
    heard = _Heard()
    try:
        plugin = _plugin(asked["address"], heard, guard)
        if plugin is None:
            said = _without_secrets(heard.last, asked["address"])
            return Answered(outcome="unfit", message=said or "This is no address of that service")
        if asked["job"] == "describe":
            scheme, _, rest = plugin.url(privacy=True).partition("://")
            shown = (
                f"{scheme}://{rest.partition('?')[0].partition('/')[0]}"  # paths are secrets as often as not
            )
            name = SERVICES[_scheme(asked["address"])].name
            return Answered(outcome="described", service=name, shown=shown)
        sent = _sent(plugin, asked["title"], asked["body"])
    except Exception as error:  # of a plugin that is not ours; its traceback may quote the address
        sent, heard.last = False, f"{type(error).__name__}"
    if sent:
        return Answered(outcome="sent")
    if guard.refusals:
        return Answered(outcome="refused", message=guard.refusals[0])
    said = _without_secrets(heard.last or "The receiver did not take the message", asked["address"])
    return Answered(outcome="failed", message=said)


def _plugin(address: str, heard: "_Heard", guard: Guard) -> Any:
    """Return apprise's object for an address; None when it is none of its service.

    Only the one plugin is loaded: apprise's own way would load all of them.
    """
    from apprise import AppriseAsset
    from apprise.exception import AppriseException

    complaints = logging.getLogger("apprise")
    complaints.setLevel(logging.WARNING)
    complaints.handlers, complaints.propagate = [heard], False
    module, _, name = SERVICES[_scheme(address)].plugin.partition(":")
    plugin = getattr(importlib.import_module(f"apprise.plugins.{module}"), name)
    guard.put_on()
    try:
        parts = plugin.parse_url(address)
        return plugin(**parts, asset=AppriseAsset(http_redirects=False)) if parts else None
    except (TypeError, ValueError, AppriseException) as error:
        heard.last = heard.last or str(error)
        return None


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


def _sent(plugin: Any, title: str, body: str) -> bool:
    import apprise

    sender = apprise.Apprise()
    sender.add(plugin)
    if _scheme(plugin.url()) in ("mailto", "mailtos"):  # it becomes HTML, and ours is Markdown alone
        body = body.replace("<", "&lt;")
    kind, written = apprise.NotifyType.INFO, apprise.NotifyFormat.MARKDOWN
    return bool(sender.notify(title=title, body=body, notify_type=kind, body_format=written))


class _Heard(logging.Handler):
    """What apprise complained of last: it is the only way in which it says why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line of it."""
        self.last = " ".join(record.getMessage().split())[:300]


def _without_secrets(said: str, address: str) -> str:
    """Return a line without any part of the address that may be secret."""
    scheme, _, rest = address.partition("://")
    parts = {part for part in re.split(r"[/:@?&=]+", rest) if len(part) > 3 and part != scheme}
    for part in sorted(parts, key=len, reverse=True):
        said = said.replace(part, "…")
    return said.rstrip(". ")


if __name__ == "__main__":
    main()
