"""The workbench application around the engine: web process, worker, services, command line."""
