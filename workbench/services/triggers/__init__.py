"""Triggers: armed by publishing, fired by what they listen to, each run of theirs started exactly once."""
