"""The data of a task: shown, edited in a form made from its schema or as JSON, with what was changed."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components import theme
from components.output import viewer
from components.output.viewer import output_viewer
from components.scripts import script
from workbench.state.task_data import FileView, TaskDataState
from workbench.state.task_values import ChangeView, FieldNote

_PARTS = [
    script(__name__, name)
    for name in ("data_form.jsx", "data_fields.jsx", "data_parts.jsx", "data_schema.js", "remote.jsx")
]
_FORM, _REMOTE = _PARTS[0], _PARTS[-1]
_VIEWER = viewer.OutputViewer
DATA = TaskDataState


class DataForm(rx.NoSSRComponent):
    """A form for any JSON value, made from its `schema` (and from the value where that says nothing).

    `text` is what it begins with, as JSON (`task_values.encoded`); it begins anew when `seed` grows.
    `problems` stand at their fields, `changes` show what stood there before. `files` is where files are put.
    `blank` says what an empty text of a needed field is: "empty", or "missing" in a form to be filled in.
    """

    library = _FORM
    tag = "DataForm"

    schema: rx.Var[dict[str, Any]]
    text: rx.Var[str]
    seed: rx.Var[int]
    problems: rx.Var[list[FieldNote]]
    changes: rx.Var[list[ChangeView]]
    files: rx.Var[str]
    blank: rx.Var[str]
    label: rx.Var[str]

    on_edit: rx.EventHandler[passthrough_event_spec(str)]


class RemoteData(rx.NoSSRComponent):
    """Large data, read from `href` when somebody asks for it."""

    library = _REMOTE
    tag = "RemoteData"

    href: rx.Var[str]
    size: rx.Var[str]


data_form = DataForm.create


def proposal() -> rx.Component:
    """Return what is proposed, or the form in which it is changed."""
    return rx.el.div(
        rx.cond(
            DATA.proposed.size != "",
            RemoteData.create(href=DATA.proposed.href, size=DATA.proposed.size),
            rx.cond(DATA.editing, editor("empty"), _shown()),
        ),
        files(DATA.files),
        data_testid="proposal",
    )


def _shown() -> rx.Component:
    return output_viewer(value=DATA.proposed.value, media_type="application/json", href="", path="")


def editor(blank: str) -> rx.Component:
    """Return the form, the JSON as the other way, and what was changed so far."""
    return rx.el.div(
        _ways(),
        rx.cond(
            DATA.is_raw,
            _raw(),
            data_form(
                schema=DATA.schema,
                text=DATA.text,
                seed=DATA.seed,
                problems=DATA.notes,
                changes=DATA.changes if blank == "empty" else [],
                files=DATA.puts,
                blank=blank,
                label="Data",
                on_edit=DATA.write,
            ),
        ),
        rx.cond(DATA.wrong != "", rx.el.p(DATA.wrong, role="alert", class_name="wb-field-error")),
        rx.cond(DATA.is_raw & (DATA.notes.length() > 0), _notes()),
        difference(DATA.changes, "Nothing is changed yet.") if blank == "empty" else rx.fragment(),
        class_name="wb-data-editor",
        data_testid="data-editor",
    )


def _ways() -> rx.Component:
    return rx.el.div(
        _way("Form", DATA.show_raw(False), ~DATA.is_raw),
        _way("JSON", DATA.show_raw(True), DATA.is_raw),
        role="tablist",
        aria_label="Ways to edit",
        class_name="wb-data-ways",
    )


def _way(words: str, press: Any, chosen: Any) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        role="tab",
        aria_selected=rx.cond(chosen, "true", "false"),
        on_click=press,
        class_name="wb-output-tab",
    )


def _raw() -> rx.Component:
    return rx.el.textarea(
        default_value=DATA.raw,
        on_change=DATA.write_raw.debounce(250),
        on_blur=DATA.write_raw,
        rows="14",
        spell_check=False,
        aria_label="Data as JSON",
        aria_invalid=rx.cond(DATA.wrong != "", "true", "false"),
        class_name="wb-input wb-input-data",
        data_testid="data-raw",
    )


def _notes() -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            DATA.notes,
            lambda one: rx.el.li(rx.el.code(one.path), " ", one.message, class_name="wb-field-error"),
        ),
        class_name="wb-plain",
    )


def difference(changes: rx.Var[list[ChangeView]], nothing: str = "") -> rx.Component:
    """Return what was changed, place by place."""
    return rx.cond(
        changes.length() > 0,
        rx.el.ul(
            rx.foreach(changes, _change), class_name="wb-diff", aria_label="Changes", data_testid="diff"
        ),
        rx.el.p(nothing, class_name="wb-field-hint") if nothing else rx.fragment(),
    )


def _change(one: rx.Var[ChangeView]) -> rx.Component:
    return rx.el.li(
        rx.match(
            one.kind,
            ("added", theme.icon("plus")),
            ("removed", theme.icon("minus")),
            theme.icon("pencil"),
        ),
        rx.el.span(one.path, class_name="wb-diff-path"),
        rx.el.span(
            rx.cond(one.kind != "added", rx.el.del_(one.before_short)),
            rx.cond(one.kind == "changed", " → ", ""),
            rx.cond(one.kind != "removed", rx.el.ins(one.after_short)),
            class_name="wb-diff-values",
        ),
        data_kind=one.kind,
        title=rx.match(one.kind, ("added", "Added"), ("removed", "Removed"), "Changed"),
    )


def files(found: rx.Var[list[FileView]]) -> rx.Component:
    """Return files, pictures as small pictures, each to be downloaded."""
    return rx.cond(
        found.length() > 0,
        rx.el.ul(rx.foreach(found, _file), class_name="wb-files", data_testid="files"),
    )


def _file(file: rx.Var[FileView]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.cond(
                file.picture,
                rx.el.img(src=file.href, alt=file.name, loading="lazy"),
                theme.icon("file"),
            ),
            rx.el.span(file.name, class_name="wb-file-name"),
            rx.el.span(file.about, class_name="wb-field-optional"),
            href=file.href,
            target="_blank",
            rel="noopener",
        )
    )
