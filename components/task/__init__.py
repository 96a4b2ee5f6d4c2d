"""What the page of a task is made of."""
