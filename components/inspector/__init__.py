"""The panel at the canvas's right: the form of what is selected, its output, the workflow's settings."""
