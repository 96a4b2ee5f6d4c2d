"""Shows what a node or a run gave: a tree, a table, an image, Markdown, text or a file, by its media type."""
