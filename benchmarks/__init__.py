"""What attnlint does on published packages: how fast, how much it understands, and how often it is wrong."""
