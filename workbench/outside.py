"""What a worker or web process that is started by itself needs to be told: where the services are."""

from workbench.errors import Unavailable
from workbench.settings import PREFIX, Settings

_NEEDED = ("database_url", "redis_url", "temporal_address")


def require_services(settings: Settings) -> None:
    """Raise Unavailable, naming the variables, when a service has no address."""
    missing = [PREFIX + name.upper() for name in _NEEDED if getattr(settings, name) is None]
    if missing:
        raise Unavailable(
            f"{', '.join(missing)} must be set: a process that is started by itself works against outside "
            "services. To start everything on this machine, run: workbench"
        )
