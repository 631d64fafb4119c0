"""Where the browser's files come from: our own, Bootstrap's and htmx's out of their installed packages."""

import hashlib
import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, abort, send_from_directory, url_for
from flask_bootstrap import Bootstrap5

HTMX_VERSION = "2.0.10"
bp = Blueprint("assets", __name__)


@cache
def htmx_folder() -> Path:
    """The folder of the django-htmx wheel that holds htmx; a plain sentence where it is missing."""
    spec = importlib.util.find_spec("django_htmx")
    folder = Path(spec.submodule_search_locations[0]) / "static" / "django_htmx" if spec else None
    if folder is None or not (folder / "htmx-2.min.js").is_file():
        raise RuntimeError("htmx is missing: install the packages of requirements.txt (django-htmx carries it).")
    return folder


@bp.get("/assets/htmx/<version>/htmx.min.js")
def htmx(version):
    """htmx itself, kept by browsers for a year; its version is in its address."""
    if version != HTMX_VERSION:
        abort(404)
    return send_from_directory(htmx_folder(), "htmx-2.min.js", max_age=31536000)


def init_app(app: Flask):
    """Serve the files and give templates ``asset(name)``."""
    htmx_folder()
    Bootstrap5(app)
    app.register_blueprint(bp)
    app.extensions["open"].add("assets.htmx")
    bootstrap = importlib.metadata.version("bootstrap-flask")

    @cache
    def asset(name):
        """The address of a file of the look, with its version, so that browsers may keep it."""
        if name == "htmx":
            return url_for("assets.htmx", version=HTMX_VERSION)
        if name.startswith("bootstrap."):
            kind = name.removeprefix("bootstrap.")
            file = {"css": "css/bootstrap.min.css", "js": "js/bootstrap.bundle.min.js"}[kind]
            return url_for("bootstrap.static", filename=file, v=bootstrap)
        digest = hashlib.sha256((Path(app.static_folder) / name).read_bytes()).hexdigest()[:12]
        return url_for("static", filename=name, v=digest)

    app.jinja_env.globals["asset"] = asset
