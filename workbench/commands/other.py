"""What to do about another process that holds the data directory: use its web page, or wait for its end."""

import asyncio

from workbench.commands.terminal import say
from workbench.embedded.instance import running_instance
from workbench.embedded.layout import DataDir

_POLL_S = 0.2


async def url_of_other(home: DataDir) -> str | None:
    """Return the web page of the process that holds `home`, once it has one; None when it has ended."""
    told = False
    while info := running_instance(home):
        if info.url:
            return info.url
        if not told:
            say(f"{home.root} is in use by process {info.pid}; waiting until it is ready or has ended.")
            told = True
        await asyncio.sleep(_POLL_S)
    return None
