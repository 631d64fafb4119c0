"""How a route's address is put together: worked out when it is first asked for, and not while the product starts.

A page asks for some dozens of the hundreds there are; to work them all out would take a good part of every start.
"""

from functools import cache

from flask import Flask
from werkzeug.routing import Rule


class Route(Rule):
    """A route whose address is worked out late."""

    def _compile_builder(self, append_unknown=True):
        worked_out = cache(super()._compile_builder)

        def build(route, /, **values):
            return worked_out(append_unknown)(route, **values)

        return build


def init_app(app: Flask):
    """Make every route from here on such a one."""
    app.url_rule_class = Route
