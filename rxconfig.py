"""Reflex's configuration; the app itself is in workbench/workbench.py."""

import reflex as rx

config = rx.Config(app_name="workbench", telemetry_enabled=False)
