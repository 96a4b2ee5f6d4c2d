"""One typed settings object, read from the environment (`WORKBENCH_…`)."""

from functools import lru_cache
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """Return `$XDG_DATA_HOME/workbench`, or its default below the home directory (XDG base directory spec)."""
    import os

    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "workbench"


class Settings(BaseSettings):
    """What an operator can set. A service without an address is started here, out of the data directory."""

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", extra="ignore")

    data_dir: Path = default_data_dir()
    host: str = "127.0.0.1"
    port: int = 8420
    allowed_hosts: list[str] = []
    log_level: str = "INFO"

    database_url: str | None = None
    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls: bool = False
    redis_url: str | None = None
    task_queue: str = "workbench"


@lru_cache
def get_settings() -> Settings:
    """Return the process's settings; read once."""
    return Settings()
