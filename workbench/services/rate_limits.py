"""How often somebody may try: a few times at once, then with pauses that double. Counted in Redis.

A try is counted before it is judged, so that many at once are no way around the limit. One that turns out
right is taken back (`forgive`).
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workbench.errors import TooMany
from workbench.services.resources import get_resources

_TRY = """
local left = redis.call('PTTL', KEYS[2])
if left > 0 then
  return {left, redis.call('INCR', KEYS[2])}
end
local over = redis.call('INCR', KEYS[1]) - ARGV[1]
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if over > 0 then
  local pause = math.min(ARGV[4] * 2 ^ math.min(over - 1, 30), ARGV[2])
  redis.call('SET', KEYS[2], 0, 'PX', string.format('%d', pause))
end
return {0, 0}
"""
"""Returns how long to wait, in ms (0: the try is counted), and how many were refused in this pause so far."""

_FORGIVE = """
if ARGV[1] == '1' or redis.call('DECR', KEYS[1]) <= 0 then
  redis.call('DEL', KEYS[1], KEYS[2])
end
"""


FIRST = timedelta(seconds=1)
"""The first pause; each further one is twice as long."""


class Paused(TooMany):
    """A try came in a pause. `first` marks the first that this pause refuses, so that each is logged once."""

    def __init__(self, seconds: int, *, first: bool) -> None:
        wait = f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} minutes"
        super().__init__(f"There were too many tries. Wait {wait}, then try again.", retry_after_s=seconds)
        self.first = first


@dataclass(frozen=True)
class Limit:
    """How many tries are free; from then on each is followed by a pause, FIRST and then longer.

    A pause is `longest` at most. Tries count until there was none for `kept`.
    """

    name: str
    free: int
    longest: timedelta = timedelta(minutes=15)
    kept: timedelta = timedelta(hours=24)


ADDRESS = Limit("address", free=30)
"""From one address. A whole office may share one."""

ACCOUNT = Limit("account", free=5)
"""At one account, whether it exists or not, from anywhere."""


TOKEN = Limit("token", free=30)
"""Of tokens that came in a link, from one address, which an office may share. None can be guessed."""


async def count(limit: Limit, of: str) -> None:
    """Count a try. Raises Paused when it comes too early."""
    left, refused = await _evaluate(
        _TRY, limit, of, str(limit.free), _ms(limit.longest), _ms(limit.kept), _ms(FIRST)
    )
    if left > 0:
        raise Paused(math.ceil(left / 1_000), first=refused == 1)


async def forgive(limit: Limit, of: str, *, all_: bool = False) -> None:
    """Take one try back, or all of them."""
    await _evaluate(_FORGIVE, limit, of, "1" if all_ else "0")


def network(address: str) -> str:
    """Return whom an address stands for: of IPv6 the /64, which is one connection's own."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


async def _evaluate(script: str, limit: Limit, of: str, *arguments: str) -> Any:
    whose = hashlib.sha256(of.encode(errors="replace")).hexdigest()
    keys = (f"tries:{limit.name}:{whose}", f"pause:{limit.name}:{whose}")
    found: Any = get_resources().redis.eval(script, len(keys), *keys, *arguments)
    return await found


def _ms(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1_000))
