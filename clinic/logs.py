"""What the log may say: events in our own words with facts from a list, and nothing that anybody typed."""

import logging
import traceback

import structlog
from flask import Flask

# Whatever else an entry is given never reaches the log.
FACTS = frozenset(
    {
        "event", "level", "timestamp", "endpoint", "method", "status", "ms", "request_id", "kind", "where", "library",
        "job", "attempts", "action", "clinic_id",
    }
)  # fmt: skip
PLACES = 6


def only_facts(_logger, _method, entry):
    """Drop whatever is not on the list of facts."""
    return {name: value for name, value in entry.items() if name in FACTS}


def tell(event, error=None, **facts):
    """Log that something broke: what kind of error, and where in the code.

    Never its message: that of an exception may quote what somebody typed.
    """
    if error is not None:
        facts |= {"kind": type(error).__name__, "where": places(error)}
    structlog.get_logger().error(event, **facts)


def places(error):
    """Where in the code an error arose, the last step last."""
    return [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)[-PLACES:]]


class Libraries(logging.Handler):
    """What libraries log, in our words: who warns, from where, about what kind of error; never their sentence."""

    def emit(self, record):
        """Log one entry of a library's."""
        if record.name.startswith("gunicorn"):
            return
        error = record.exc_info[1] if record.exc_info else None
        facts = {"library": record.name, "where": [f"{record.pathname}:{record.lineno}"]}
        if error is not None:
            facts |= {"kind": type(error).__name__, "where": [*facts["where"], *places(error)]}
        structlog.get_logger().log(max(record.levelno, logging.WARNING), "a library warns", **facts)


_libraries = Libraries(logging.WARNING)


def init_app(app: Flask):
    """Log as one line of JSON an entry, from the level that LOG_LEVEL names."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_facts,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]),
    )
    root = logging.getLogger()
    if _libraries not in root.handlers:
        root.addHandler(_libraries)
    # Flask's own would print a traceback with its message beside ours.
    app.logger.handlers.clear()
