"""The script of the box that shows a key or a link once."""

from components import clipboard
from components.scripts import script

PATH = script(__name__, "shown_once.jsx")
_CLIPBOARD = clipboard.PATH
