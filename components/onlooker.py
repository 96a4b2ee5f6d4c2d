"""Tells a page that shows people when another has changed them, so that it reads them again."""

import reflex as rx

from components.scripts import script

PATH = script(__name__, "onlooker.jsx")


class Onlooker(rx.Component):
    """Shows nothing; `on_news` says that people, groups, workspaces or invitations have changed."""

    library = PATH
    tag = "Onlooker"

    on_news: rx.EventHandler[rx.event.no_args_event_spec]


onlooker = Onlooker.create
