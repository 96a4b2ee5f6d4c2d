"""The build talks to the address that served it."""

import pytest

from components.same_origin import CHANGES, same_origin

STATE_JS = "\n".join(before for before, _ in CHANGES)


def test_host_and_port_come_from_the_page() -> None:
    changed = same_origin(STATE_JS)
    assert "window.location.host;" in changed
    assert "window.location.port;" in changed


def test_a_file_that_was_changed_before_stays_as_it_is() -> None:
    once = same_origin(STATE_JS)
    assert same_origin(once) == once


def test_another_reflex_is_noticed_when_building() -> None:
    with pytest.raises(ValueError, match=r"state\.js has changed"):
        same_origin("const endpoint = elsewhere();")
