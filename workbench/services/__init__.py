"""The use cases, called by states and routers alike: principal first, authorised here, shapes back."""
