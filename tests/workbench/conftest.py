"""An installation with other people in it."""

import pytest

from tests.workbench.accounts import Installation
from workbench.services.resources import Resources


@pytest.fixture
def installation(resources: Resources) -> Installation:
    return Installation(resources)


@pytest.fixture
def team(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    """People sign in."""
    monkeypatch.setattr(resources.settings, "mode", "team")
