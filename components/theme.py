"""The tokens of the look: every colour, size and font of the application is named here and nowhere else.

They become CSS custom properties (`--wb-…`), so that Python components, stylesheets and the canvas's
React code read the same names. `Stylesheet` is the Reflex plugin that puts them, the rules in
`components/styles/*.css` and the two fonts into the build; rxconfig.py installs it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reflex as rx
from reflex.plugins import Plugin

FONTS = ("@fontsource-variable/inter@5.2.8", "@fontsource-variable/jetbrains-mono@5.2.8")
"""Served from the build; the page fetches nothing from outside."""

SIZES = {
    "font": "'Inter Variable', system-ui, sans-serif",
    "font-data": "'JetBrains Mono Variable', ui-monospace, monospace",
    "text": "13px",
    "text-data": "12px",
    "text-small": "11px",
    "text-title": "20px",
    "leading": "1.45",
    "radius": "6px",
    "radius-small": "4px",
    "rail": "200px",
    "rail-narrow": "52px",
    "bar": "48px",
    "tabs": "56px",
    "inspector": "360px",
    "node": "260px",
    "column": "1120px",
    "icon": "16px",
    "fast": "120ms ease-out",
    "slow": "180ms ease-out",
}

LIGHT = {
    "paper": "#FBFAF7",
    "surface": "#FFFFFF",
    "sunken": "#F4F2ED",
    "ink": "#1C1B1A",
    "ink-2": "#5E5B55",
    "ink-3": "#6F6B62",
    "line": "#E5E2DB",
    "line-strong": "#CFCBC1",
    "hover": "#F0EDE6",
    "selected": "#ECEBF8",
    "accent": "#5753C6",
    "accent-soft": "#ECEBF8",
    "on-accent": "#FFFFFF",
    "ok": "#2A7549",
    "ok-soft": "#E6F3EA",
    "run": "#5753C6",
    "run-soft": "#ECEBF8",
    "wait": "#8F5600",
    "wait-soft": "#FBF0DC",
    "fail": "#BF2F2A",
    "fail-soft": "#FBE9E7",
    "quiet": "#6F6B62",
    "quiet-soft": "#F0EDE6",
    "veil": "rgba(28, 27, 26, 0.32)",
    "float": "0 1px 2px rgba(28, 27, 26, 0.06), 0 8px 24px rgba(28, 27, 26, 0.12)",
}

DARK = {
    "paper": "#141416",
    "surface": "#1B1B1E",
    "sunken": "#101012",
    "ink": "#ECEAE6",
    "ink-2": "#ABA8A1",
    "ink-3": "#8D8A84",
    "line": "#2A2A2E",
    "line-strong": "#3D3D43",
    "hover": "#222226",
    "selected": "#26253D",
    "accent": "#9E9BF5",
    "accent-soft": "#26253D",
    "on-accent": "#141416",
    "ok": "#62C58B",
    "ok-soft": "#17291F",
    "run": "#9E9BF5",
    "run-soft": "#26253D",
    "wait": "#E9B35C",
    "wait-soft": "#2E2414",
    "fail": "#FF8C82",
    "fail-soft": "#351B1A",
    "quiet": "#8D8A84",
    "quiet-soft": "#222226",
    "veil": "rgba(0, 0, 0, 0.56)",
    "float": "0 1px 2px rgba(0, 0, 0, 0.4), 0 8px 24px rgba(0, 0, 0, 0.48)",
}


def var(token: str) -> str:
    """Return the CSS value that reads `token`; KeyError for a name that is not a token."""
    if token not in SIZES:
        LIGHT[token]
    return f"var(--wb-{token})"


def radix() -> rx.Component:
    """Return the Radix theme, set once for the whole application."""
    return rx.theme(
        accent_color="iris",
        gray_color="sand",
        radius="medium",
        scaling="95%",
        panel_background="solid",
        has_background=False,
    )


def icon(name: str, **props: Any) -> rx.Component:
    """Return a lucide icon at the one size icons have; give it a label or a tooltip beside it."""
    return rx.icon(name, size=16, stroke_width=1.75, aria_hidden="true", flex_shrink="0", **props)


def css() -> str:
    """Return the tokens as CSS custom properties, light by default and dark under `.dark`."""
    light = _block(":root, .light", {**SIZES, **LIGHT})
    return light + _block(".dark", DARK)


def _block(selector: str, tokens: dict[str, str]) -> str:
    lines = "\n".join(f"  --wb-{name}: {value};" for name, value in tokens.items())
    return f"{selector} {{\n{lines}\n}}\n"


class Stylesheet(Plugin):
    """Builds one stylesheet of the tokens and `components/styles/*.css`, and bundles the fonts."""

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """Return the font packages."""
        return FONTS

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Return the fonts' stylesheets and ours, in the order of the cascade."""
        return (*(f"{font.rpartition('@')[0]}/index.css" for font in FONTS), "./workbench.css")

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """Return the stylesheet's text; rules come in file name order."""
        rules = sorted((Path(__file__).parent / "styles").glob("*.css"))
        text = css() + "\n".join(file.read_text(encoding="utf-8") for file in rules)
        return [(Path("styles") / "workbench.css", text)]
