"""One typed settings object, read from the environment (`WORKBENCH_…`).

The supervisor gives its children everything through the same variables (`Settings.environment`), so a
process cannot tell an embedded service from an outside one.
"""

import json
import os
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench.places import default_cache_dir, default_data_dir

PREFIX = "WORKBENCH_"
CONFIDENTIAL_PREFIX = "WORKBENCH_SECRET_"  # what follows is the secret's name, as documents use it
MAIL_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
"""The ways in which a mail server takes mail, and their usual ports."""

_DEFAULT_PORTS = {"postgresql": 5432, "redis": 6379, "rediss": 6379, "valkey": 6379, "valkeys": 6379}


class Settings(BaseSettings):
    """What an operator can set. A service without an address is started here, out of the data directory.

    In `mode` "single" the owner of the data directory is the only person, and nobody signs in; in "team"
    everybody does. `public_url` is the address under which browsers reach a team's workbench,
    and `proxy_hops` how many proxies stand between the two. `api_key` is
    the one with which the command line calls it, and `workspace` the id of the one in which it acts there.

    `internal_endpoints` are further `host:port` pairs that belong to the workbench's own services and have
    no setting of their own (Temporal's HTTP and metrics ports). `events_kept_hours` is how long an event that
    nothing waits for is kept, and how long its id is remembered. `sealing_keys` seal secrets, see
    `services.sealing`; without them the data directory's key does. `build_id` makes workers take part in
    Temporal's Worker Versioning, for deployments in which old and new ones run side by side.

    `mail_server` takes e-mail: `smtps://user:password@host:465`, `smtp://user:password@host:587` (by
    STARTTLS), or `smtp+plain://host:25` without encryption; `mail_from` is whom it comes from.
    `outbound_networks` are the private networks (CIDR) that a team's workflows and messages may reach.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", validate_default=True)

    mode: Literal["single", "team"] = "single"
    public_url: str | None = None
    proxy_hops: int = Field(default=0, ge=0, le=10)
    api_key: SecretStr | None = None
    workspace: str | None = Field(default=None, pattern=r"^[!-~]{1,100}$")
    data_dir: Path = default_data_dir()
    cache_dir: Path = default_cache_dir()
    host: str = "127.0.0.1"
    port: int = 8420
    allowed_hosts: list[str] = []
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: str | None = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls: bool = False
    redis_url: str | None = None
    task_queue: str = "workbench"
    build_id: str | None = None
    internal_endpoints: list[str] = []
    sealing_keys: SecretStr | None = None
    events_kept_hours: float = Field(default=168.0, ge=0, le=24 * 366)
    mail_server: SecretStr | None = None
    mail_from: str = "workbench@localhost"
    outbound_networks: list[str] = []
    python: Literal["container", "process", "off"] = "container"
    python_image: str = "python:3.13-slim"

    @field_validator("data_dir", "cache_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return Path(os.path.abspath(path.expanduser()))

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        parts = urlsplit(url) if url else None
        if parts and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")):
            raise ValueError("It has to be https://name or http://name, perhaps with a port, and no path.")
        return url.rstrip("/") if url else None

    @field_validator("mail_server")
    @classmethod
    def _takes_mail(cls, server: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(server.get_secret_value()) if server else None
        if parts and (parts.scheme not in MAIL_PORTS or not parts.hostname):
            raise ValueError("It has to be smtps://…, smtp://… or smtp+plain://…, with a host.")
        return server

    @field_validator("outbound_networks")
    @classmethod
    def _networks(cls, networks: list[str]) -> list[str]:
        return [str(ip_network(network)) for network in networks]

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @property
    def url(self) -> str:
        """Return the address at which a browser on this machine finds the workbench."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return the address under which browsers reach the workbench: scheme, host and port."""
        return self.public_url or self.url

    @property
    def own_endpoints(self) -> frozenset[tuple[str, int]]:
        """Return (host, port) of every service of ours; requests made for a document never go there."""
        urls = [url for url in (self.database_url, self.redis_url) if url]
        addresses = [address for address in (self.temporal_address, *self.internal_endpoints) if address]
        found = {endpoint_of(url) for url in urls} | {endpoint_of(f"//{address}") for address in addresses}
        return frozenset({pair for pair in found if pair} | {(self.host, self.port)})

    def environment(self) -> dict[str, str]:
        """Return the settings as the `WORKBENCH_…` variables from which a child reads the same settings.

        Without the command line's own: what is started in the background does not act for its person.
        """
        values = self.model_dump(mode="json", exclude_none=True, exclude={"api_key", "workspace"})
        for name in ("temporal_api_key", "sealing_keys", "mail_server"):
            if hidden := getattr(self, name):
                values[name] = hidden.get_secret_value()
        return {
            PREFIX + name.upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
        }


def endpoint_of(url: str) -> tuple[str, int] | None:
    """Return a URL's host and port; None for what is reached over a Unix socket."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme.partition("+")[0])
    return (parts.hostname, port) if parts.hostname and port else None


@lru_cache
def get_settings() -> Settings:
    """Return the process's settings; read once."""
    return Settings()
