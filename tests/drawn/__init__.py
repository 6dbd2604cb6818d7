"""Random attention modules: drawn from independent choices, right or with one known mistake, and run."""
