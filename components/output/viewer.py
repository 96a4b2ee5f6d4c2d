"""The output viewer: one component for every value that a node or a run can give."""

from typing import Any

import reflex as rx

from components import clipboard
from components.scripts import script

_JSX = script(__name__, "viewer.jsx")
_PARTS = [script(__name__, name) for name in ("tree.jsx", "table.jsx", "markdown.jsx")]
_CLIPBOARD = clipboard.PATH
_PACKAGES = ["react-markdown@10.1.0", "remark-gfm@4.0.1"]


class OutputViewer(rx.NoSSRComponent):
    """Draws `value` by `media_type`, with the other ways to look at it as tabs and a button that copies.

    `value` is the JSON value, or an artifact's description (`{"$artifact", "media_type", "name", "size"}`);
    `href` is where an artifact's bytes are. `path` is the expression that reads the value
    (`nodes.fetch.output`): a click on a key of the tree copies the path to it.
    """

    library = _JSX
    lib_dependencies: list[str] = _PACKAGES
    tag = "OutputViewer"

    value: rx.Var[Any]
    media_type: rx.Var[str]
    href: rx.Var[str]
    path: rx.Var[str]


class Markdown(rx.NoSSRComponent):
    """Renders Markdown `text` without raw HTML; remote images become links, so that nothing is fetched."""

    library = _JSX
    lib_dependencies: list[str] = _PACKAGES
    tag = "Markdown"

    text: rx.Var[str]


output_viewer = OutputViewer.create
markdown = Markdown.create
