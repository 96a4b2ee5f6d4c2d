"""Receivers of messages on this machine, real ones: a web server and an SMTP server."""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler


@dataclass
class Got:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class WebReceiver:
    """Takes requests and keeps them. It answers with `status`, after `slow_s`, or leads elsewhere."""

    status: int = 200
    slow_s: float = 0
    elsewhere: str = ""
    got: list[Got] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.got.append(Got(self.path, dict(self.headers), body))
                time.sleep(receiver.slow_s)
                self.send_response(302 if receiver.elsewhere else receiver.status)
                if receiver.elsewhere:
                    self.send_header("Location", receiver.elsewhere)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """Where apprise sends JSON to; its path is secret."""
        return f"json://127.0.0.1:{self.port}/s3cr3t-path"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class MailReceiver(MessageHandler):
    """An SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Message] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    @property
    def url(self) -> str:
        """The installation's setting for it."""
        return f"smtp+plain://127.0.0.1:{self._port}"

    def handle_message(self, message: Message) -> None:
        self.got.append(message)

    def close(self) -> None:
        self._controller.stop()


def text_of(message: Message) -> str:
    """Return all parts of a mail as one text."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    return "\n".join(str(part.get_payload(decode=True), "utf-8") for part in parts)
