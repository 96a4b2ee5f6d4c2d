"""Starts, watches and stops what the workbench needs on one machine; `services.py` is the way in."""
