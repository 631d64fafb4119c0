"""The command line: ``flask ...``, a file for each subject."""

from flask import Flask

from clinic.commands import (
    audit,
    backup,
    check,
    clinics,
    closed_clinics,
    demo,
    drugs,
    imports,
    keys,
    restore,
    users,
    worker,
)


def init_app(app: Flask):
    """Add the product's commands to Flask's own."""
    for subject in (audit, backup, check, clinics, closed_clinics, demo, drugs, imports, keys, restore, users, worker):
        subject.init_app(app)
