"""Working hours as a person sets them: days, times, a time zone, holidays."""

import reflex as rx
from reflex.event import passthrough_event_spec

from components.scripts import script


class HoursField(rx.NoSSRComponent):
    """Working hours (the engine's WorkingHours as JSON); `otherwise` says what holds where none are set."""

    library = script(__name__, "hours.jsx")
    tag = "HoursField"

    text: rx.Var[str]
    otherwise: rx.Var[str]
    read_only: rx.Var[bool]

    on_save: rx.EventHandler[passthrough_event_spec(str)]


hours_field = HoursField.create
