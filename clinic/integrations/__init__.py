"""The outside world: one deletable module for each service or format."""
