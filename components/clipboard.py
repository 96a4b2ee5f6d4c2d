"""The one script that copies text; components' scripts import it under `PATH`."""

import reflex as rx

PATH = rx.asset("clipboard.js", shared=True).importable_path
