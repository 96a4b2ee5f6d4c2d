"""The tokens: every one that is used exists, both themes have the same, and text can be read."""

import re
from pathlib import Path

import pytest

from components import theme

ROOT = Path(theme.__file__).parent
TEXTS = ("ink", "ink-2", "ink-3", "ok", "run", "wait", "fail", "quiet", "accent")
GROUNDS = ("paper", "surface", "sunken")
AA = 4.5
"""The contrast that WCAG 2.2 asks for text of this size (1.4.3)."""


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_can_be_read_on_every_ground(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= AA


def test_both_themes_have_the_same_colours() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()


def test_every_token_that_is_used_exists() -> None:
    files = [file for ending in ("css", "js", "jsx", "py") for file in ROOT.rglob(f"*.{ending}")]
    text = "\n".join(file.read_text() for file in files)
    used = set(re.findall(r"var\(--wb-([a-z0-9-]+)", text))
    set_by_a_component = set(re.findall(r"""["']--wb-([a-z0-9-]+)["']""", text))
    assert used - set_by_a_component - (theme.LIGHT.keys() | theme.SIZES.keys()) == set()


def test_colours_are_written_nowhere_else() -> None:
    files = [file for ending in ("css", "js", "jsx") for file in ROOT.rglob(f"*.{ending}")]
    literal = {file.name for file in files if re.search(r"#[0-9a-fA-F]{6}\b|rgba?\(", file.read_text())}
    assert literal == set()


def test_a_name_that_is_no_token_is_refused() -> None:
    with pytest.raises(KeyError):
        theme.var("papier")
