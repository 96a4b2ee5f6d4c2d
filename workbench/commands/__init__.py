"""What each `workbench` command does; `workbench/cli.py` only reads the command line."""
