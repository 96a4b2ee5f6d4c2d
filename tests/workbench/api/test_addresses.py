"""From where a request comes, with proxies before the workbench and without."""

import pytest
from starlette.requests import HTTPConnection

from workbench.api import addresses
from workbench.settings import Settings

FORGED_FIRST = b"203.0.113.9, 198.51.100.7, 10.0.0.2"


def seen(monkeypatch: pytest.MonkeyPatch, hops: int, forwarded: bytes | None) -> str:
    monkeypatch.setattr(addresses, "get_settings", lambda: Settings(proxy_hops=hops))
    headers = [(b"x-forwarded-for", forwarded)] if forwarded is not None else []
    return addresses.address_of(
        HTTPConnection({"type": "http", "headers": headers, "client": ("192.0.2.1", 4711)})
    )


def test_without_proxies_nobody_says_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, 0, FORGED_FIRST) == "192.0.2.1"


def test_behind_proxies_the_last_entries_are_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, 1, FORGED_FIRST) == "10.0.0.2"
    assert seen(monkeypatch, 2, FORGED_FIRST) == "198.51.100.7"


@pytest.mark.parametrize("forwarded", [None, b"", b" , "])
def test_who_did_not_come_through_them_is_the_peer(
    monkeypatch: pytest.MonkeyPatch, forwarded: bytes | None
) -> None:
    assert seen(monkeypatch, 1, forwarded) == "192.0.2.1"
