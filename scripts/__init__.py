"""What keeps the committed files in step with the code."""
