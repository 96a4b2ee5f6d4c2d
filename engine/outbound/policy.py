"""Which addresses a document's requests may reach.

Names prove nothing, so only resolved addresses are judged, and an IPv6 address that carries an IPv4 one
(mapped, compatible, 6to4, Teredo, NAT64) is judged by both. See RFC 6890 for the special ranges.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import psutil

from engine.errors import Failure, NodeFailed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NEVER: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "an unspecified address"),
        ("169.254.0.0/16", "a link-local or cloud metadata address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("100.100.100.200/32", "a cloud metadata address"),
        ("168.63.129.16/32", "a cloud metadata address"),
        ("192.0.0.192/32", "a cloud metadata address"),
        ("::/128", "an unspecified address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
        ("fd00:ec2::/32", "a cloud metadata address"),
        ("fd20:ce::254/128", "a cloud metadata address"),
    )
)
"""Refused whatever the mode and the allow list."""

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")


@dataclass(frozen=True)
class OutboundPolicy:
    """What may be reached, and how much may come back.

    `allow_private` lets requests reach loopback and private ranges: right on a single user's machine, where
    a local model server lives, and wrong for a team, whose operator lists `allowed_networks` (CIDR) instead.
    `services` are the workbench's own (host, port) pairs, `hidden` gives those that only show while they run;
    they are refused in any case.
    """

    allow_private: bool = True
    allowed_networks: tuple[str, ...] = ()
    services: frozenset[tuple[str, int]] = frozenset()
    hidden: Callable[[], frozenset[tuple[str, int]]] = frozenset
    max_bytes: int = 100 * 1024 * 1024
    max_redirects: int = 10

    def check(self, address: Address) -> None:
        """Raise NodeFailed (`http.refused-address`) for an address that may not be reached."""
        for seen in _faces(address):
            for network, why in NEVER:
                if seen.version == network.version and seen in network:
                    raise refused(f"{address} is {why}", "Such addresses are never requested for a workflow.")
        if not self.allow_private and not all(self._permitted(seen) for seen in _faces(address)):
            raise refused(
                f"{address} belongs to a private network",
                "An operator can list the networks that workflows may reach.",
            )

    def _permitted(self, address: Address) -> bool:
        if address.is_global:
            return True
        networks = (ipaddress.ip_network(network) for network in self.allowed_networks)
        return any(address.version == network.version and address in network for network in networks)

    def service_hosts(self, port: int) -> list[str]:
        """Return the hosts of the workbench's own services that listen on `port`."""
        return sorted(host for host, own_port in self.services | self.hidden() if own_port == port)


def refuse_service(address: Address, service_addresses: set[Address]) -> None:
    """Raise NodeFailed when `address` is one of a service's, or reaches it by way of this machine.

    A service on this machine is reached through any loopback address, and through each of the machine's own
    addresses should it listen on all of them.
    """
    own = _own_addresses()
    here = any(
        service in own or service.is_loopback or service.is_unspecified for service in service_addresses
    )
    for seen in _faces(address):
        if seen in service_addresses or (here and (seen.is_loopback or seen in own)):
            raise refused(
                f"{address} is one of the workbench's own services", "Use the workbench's API instead."
            )


def refused(message: str, hint: str) -> NodeFailed:
    """Return the failure of a request that is not made."""
    return NodeFailed(Failure(kind="http.refused-address", message=f"Request refused: {message}", hint=hint))


def parse_address(text: str) -> Address:
    """Return the address that a resolver gave; an interface name behind `%` is dropped."""
    return ipaddress.ip_address(text.partition("%")[0])


def _faces(address: Address) -> list[Address]:
    """Return an address and the IPv4 addresses in it; a mapped one is nothing but its IPv4 address."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    faces: list[Address] = [address]
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        faces.append(address.sixtofour)
    if address.teredo:
        faces.extend(address.teredo)
    if any(address in network for network in _NAT64):
        faces.append(low)
    if address in _COMPATIBLE and int(address) > 1:
        faces.append(low)
    return faces


def _own_addresses() -> set[Address]:
    found = (entry.address for entries in psutil.net_if_addrs().values() for entry in entries)
    own = set()
    for text in found:
        try:
            own.add(parse_address(text))
        except ValueError:  # a hardware address
            continue
    return own
