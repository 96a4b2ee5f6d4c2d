"""The one way out: requests made for a document go through this client, which looks where they lead."""

from engine.outbound.client import Answer, OutboundClient
from engine.outbound.messenger import Described, Messenger
from engine.outbound.policy import OutboundPolicy

__all__ = ["Answer", "Described", "Messenger", "OutboundClient", "OutboundPolicy"]
