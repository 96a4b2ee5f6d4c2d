"""A browser without a window: it keeps cookies, follows redirections, fills in a sign-in form."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import httpx

_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
MOST_REDIRECTS = 10


class Browser:
    """One browser. `workbench` is the address of the workbench; `last` the answer that is shown."""

    def __init__(self, workbench: str) -> None:
        self.workbench = workbench
        self.http = httpx.AsyncClient(timeout=30)

    async def open(self, url: str) -> httpx.Response:
        """Go to an address, and on to wherever it leads, but for the workbench's own pages."""
        return await self._follow(await self._send("GET", urljoin(self.workbench, url)))

    async def submit(self, form: httpx.Response, **fields: str) -> httpx.Response:
        """Fill in the form of a page."""
        found = _FORM.search(form.text)
        assert found, form.text[:2_000]
        action = urljoin(str(form.url), unescape(found[1]))
        return await self._follow(await self._send("POST", action, data=fields))

    async def api(self, path: str, **how: Any) -> httpx.Response:
        """Call the workbench's API as one of its pages does."""
        headers = {"Origin": self.workbench, **how.pop("headers", {})}
        url = f"{self.workbench}/api/v1{path}"
        return await self.http.request(how.pop("method", "GET"), url, headers=headers, **how)

    async def name(self) -> str | None:
        """Return the name of who is signed in."""
        answer = await self.api("/users/me")
        return str(answer.json()["name"]) if answer.status_code == 200 else None

    async def _follow(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(MOST_REDIRECTS):
            target = urljoin(str(answer.url), answer.headers.get("location", ""))
            if not answer.is_redirect or self.is_page(target):
                return answer
            answer = await self._send("GET", target)
        raise AssertionError(f"{answer.url} leads in circles")

    async def _send(self, method: str, url: str, **how: Any) -> httpx.Response:
        for cookie in self.http.cookies.jar:
            cookie.secure = False  # browsers trust loopback with what is for HTTPS
        return await self.http.request(method, url, **how)

    def is_page(self, url: str) -> bool:
        """Return whether an address is one of the workbench's pages, which are not served here."""
        return url.startswith(self.workbench) and "/api/" not in url
