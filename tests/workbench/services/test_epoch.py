"""What is remembered of people's access: for an epoch, and for a minute."""

import pytest

from workbench.services import epoch
from workbench.services.epoch import Remembered


def test_what_was_read_counts_in_its_epoch_only() -> None:
    remembered = Remembered[str]()
    remembered.put("ada", "1", "admin")
    assert remembered.get("ada", "1") == "admin"
    assert remembered.get("ada", "2") is None
    assert remembered.get("bob", "1") is None


def test_a_change_that_redis_never_heard_of_counts_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = Remembered[str]()
    remembered.put("ada", "1", "admin")
    later = epoch.monotonic() + epoch.KEPT_S
    monkeypatch.setattr(epoch, "monotonic", lambda: later)
    assert remembered.get("ada", "1") is None
