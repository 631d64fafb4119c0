"""The portal face: its blueprints."""

from flask import Flask


def init_app(app: Flask):
    """Register this face's blueprints."""
