"""A run's labels: each leads to the runs that have it too."""

import reflex as rx

from workbench.state.views import Label


def run_label(label: rx.Var[Label]) -> rx.Component:
    """Return one label."""
    return rx.link(
        label.text,
        href=label.href,
        underline="none",
        title="Runs with this label",
        class_name="wb-label",
        data_testid="run-label",
    )
