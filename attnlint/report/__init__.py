"""How findings are shown: one module for each format, each with one function from reports to text."""
