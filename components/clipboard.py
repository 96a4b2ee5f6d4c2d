"""The one script that copies text; components' scripts import it under `PATH`."""

from components.scripts import script

PATH = script(__name__, "clipboard.js")
