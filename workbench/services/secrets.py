"""The engine's SecretStore: a secret is an environment variable of the worker, `WORKBENCH_SECRET_<NAME>`."""

import os
from collections.abc import Mapping

PREFIX = "WORKBENCH_SECRET_"


class EnvironmentSecrets:
    """Implements engine.ports.SecretStore. Only the worker reads secrets; nothing ever lists their values."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    async def get(self, name: str) -> str:
        """Return the value of the secret `name`; KeyError when there is none."""
        return self._environment[PREFIX + name]
