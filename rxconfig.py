"""Reflex's configuration; the app itself is in workbench/workbench.py."""

import reflex as rx
from reflex.plugins import RadixThemesPlugin
from reflex.plugins.sitemap import SitemapPlugin

from components import theme
from components.same_origin import SameOrigin
from workbench.settings import get_settings

config = rx.Config(
    app_name="workbench",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    cors_allowed_origins=[],
    trusted_proxy_hops=get_settings().proxy_hops,
    plugins=[RadixThemesPlugin(theme=theme.radix()), theme.Stylesheet(), SameOrigin()],
    disable_plugins=[SitemapPlugin],
)
