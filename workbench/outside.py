"""What a process must be told before it starts: settings that make sense, and where the services are."""

import ipaddress

from pydantic import ValidationError
from pydantic_settings import SettingsError

from workbench.errors import Unavailable, WorkbenchError
from workbench.settings import PREFIX, Settings, get_settings

_NEEDED = ("database_url", "redis_url", "temporal_address")


class Misconfigured(WorkbenchError):
    """The settings do not make sense, or are not safe; the message names the one to mend."""


def read_settings() -> Settings:
    """Return the process's settings. Raises Misconfigured, naming every variable that is wrong."""
    try:
        return get_settings()
    except ValidationError as error:
        wrong = (f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        raise Misconfigured(f"A setting is wrong. {'; '.join(wrong)}") from error
    except SettingsError as error:
        raise Misconfigured(f"A {PREFIX}… setting is wrong: {error}. A list is written as JSON.") from error


def require_loopback(settings: Settings) -> None:
    """Raise Misconfigured for an address at which others could reach us, unless everybody has to sign in."""
    try:
        safe = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        safe = False
    if not safe and settings.mode == "single":
        raise Misconfigured(
            f"The address {settings.host} is refused: nobody signs in to a single user's workbench, so it "
            "listens on this machine only. Use 127.0.0.1, and an SSH tunnel to reach it from elsewhere; "
            f"or set {PREFIX}MODE=team, so that everybody has to sign in."
        )


def require_services(settings: Settings) -> None:
    """Raise Unavailable, naming the variables, when a service has no address."""
    missing = [PREFIX + name.upper() for name in _NEEDED if getattr(settings, name) is None]
    if missing:
        raise Unavailable(
            f"{', '.join(missing)} must be set: a process that is started by itself works against outside "
            "services. To start everything on this machine, run: workbench"
        )
