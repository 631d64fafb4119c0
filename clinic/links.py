"""Links that people get outside of a page: built on PUBLIC_URL, never on the host that a request named."""

from flask import current_app


def link(endpoint, at=None, **values) -> str:
    """The whole address of an endpoint; ``at`` is another base than PUBLIC_URL."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return (at or current_app.config["PUBLIC_URL"]).rstrip("/") + path
