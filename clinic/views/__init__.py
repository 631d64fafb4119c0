"""Who sees it: the faces of the product and their routes.

A face is a package; each of its modules is one subject and holds a ``bp``. Dropping a module in is enough: its routes
are ``<face>.<subject>.<function>``.
"""

import importlib
import pkgutil

from flask import Blueprint, Flask

from clinic.views import portal, public, staff

FACES = {public: "", staff: "/staff", portal: "/portal"}


def init_app(app: Flask):
    """Register every subject of every face."""
    for face, prefix in FACES.items():
        parent = Blueprint(face.__name__.rpartition(".")[2], face.__name__, url_prefix=prefix or None)
        for module in sorted(pkgutil.iter_modules(face.__path__), key=lambda found: found.name):
            subject = importlib.import_module(f"{face.__name__}.{module.name}")
            if hasattr(subject, "bp"):
                parent.register_blueprint(subject.bp)
        app.register_blueprint(parent)
