"""The command line: ``flask ...``."""

from flask import Flask


def init_app(app: Flask):
    """Add the product's commands to Flask's own."""
