"""The command line: ``flask ...``, a file for each subject."""

from flask import Flask

from clinic.commands import clinics, demo, imports, worker


def init_app(app: Flask):
    """Add the product's commands to Flask's own."""
    for subject in (clinics, demo, imports, worker):
        subject.init_app(app)
