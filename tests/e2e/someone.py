"""A person of a team: signed in, in a browser and at the API; and how the first of them comes in."""

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.async_api import Page

from tests.e2e.stack import Stack

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Someone:
    """A person who is signed in, in a browser and at the API."""

    id: str
    api: httpx.AsyncClient
    page: Page


async def set_up_token(team: Stack) -> str:
    """Wait for the address in the log, which the web process writes once it serves; return its token."""
    async with asyncio.timeout(30):
        while "/set-up#token=" not in (team.data_dir / "logs" / "web.log").read_text():
            await asyncio.sleep(0.1)
    return parse_qs(urlsplit(team.set_up_address()).fragment)["token"][0]
