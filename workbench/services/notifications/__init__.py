"""Notifications: what happens, written for whom it concerns, and brought to where they want to be told."""
