"""An HTTP server that remembers what it was asked: the witness that each step acted once."""

import asyncio
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class Witness:
    """Counts requests by path, and by the key of the effect that they ask for; `first` is when they came.

    `/feed` answers a JSON feed; `?wait=SECONDS` answers late. Paths in `failing` are answered with an error,
    those in `failing_once` the first time.
    """

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.first: dict[str, float] = {}
        self.keys: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.failing_once: set[str] = set()
        witness = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                url = urlsplit(self.path)
                witness.first.setdefault(url.path, time.perf_counter())
                witness.seen[url.path] += 1
                if key := self.headers["Idempotency-Key"]:
                    witness.keys[key] += 1
                if wait := parse_qs(url.query).get("wait"):
                    threading.Event().wait(float(wait[0]))
                body = json.dumps(witness.answer(url.path)).encode()
                fails = url.path in witness.failing or url.path in witness.failing_once
                witness.failing_once.discard(url.path)
                self.send_response(500 if fails else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Keep the tests' output quiet; `seen` is the log."""

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def answer(path: str) -> dict[str, object]:
        """Return what a path answers: a feed, or the path itself."""
        if path == "/feed":
            return {
                "title": "Laboratory news",
                "items": [
                    {"id": n, "title": f"Entry {n}", "score": n * 10, "url": f"https://example.org/{n}"}
                    for n in range(1, 8)
                ],
            }
        return {"path": path}

    async def asked(self, path: str) -> None:
        """Wait until `path` has been asked for."""
        while not self.seen[path]:
            await asyncio.sleep(0.02)

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
