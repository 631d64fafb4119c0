"""Who sees it: the faces of the product and their routes."""

from flask import Flask

from clinic.views import portal, public, staff


def init_app(app: Flask):
    """Register every face."""
    for face in (public, staff, portal):
        face.init_app(app)
