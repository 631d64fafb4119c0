"""The command line: ``flask ...``, a file for each subject."""

from flask import Flask

from clinic.commands import check, clinics, demo, imports, keys, worker


def init_app(app: Flask):
    """Add the product's commands to Flask's own."""
    for subject in (check, clinics, demo, imports, keys, worker):
        subject.init_app(app)
