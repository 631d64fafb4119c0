"""The files that are kept: this installation's storage, as DOCUMENTS_URL names it."""

from flask import current_app

from clinic.integrations.storage import Storage, storage_of


def storage() -> Storage:
    """The storage of this process, made when it is first asked for."""
    extensions = current_app.extensions
    if "storage" not in extensions:
        extensions["storage"] = storage_of(current_app.config["DOCUMENTS_URL"])
    return extensions["storage"]
