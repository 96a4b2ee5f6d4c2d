"""What requests and messages out of this installation may reach."""

from engine.outbound import OutboundPolicy
from workbench.embedded.hidden_ports import HiddenPorts
from workbench.embedded.layout import DataDir
from workbench.settings import Settings


def outbound_policy(settings: Settings) -> OutboundPolicy:
    """Return the policy: private networks are open to a single user, and to a team as they are listed."""
    return OutboundPolicy(
        allow_private=settings.mode == "single",
        allowed_networks=tuple(settings.outbound_networks),
        services=settings.own_endpoints,
        hidden=HiddenPorts(DataDir(settings.data_dir)),
    )
