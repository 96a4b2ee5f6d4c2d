"""What is shown of a run beside the canvas: its bar, its drawer, a node's output."""
