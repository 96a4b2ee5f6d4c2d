"""The workflow engine: documents in, durable Temporal runs out. It knows nothing of the app around it."""
