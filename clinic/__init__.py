"""Clinic: one server-rendered application for the people of many clinics."""

from pathlib import Path

from flask_migrate import Migrate

from clinic import (
    addresses,
    assets,
    commands,
    connections,
    cookies,
    current,
    errors,
    filters,
    guard,
    htmx,
    idempotency,
    keyring,
    models,
    openings,
    requests,
    views,
)
from clinic.bell import Bell
from clinic.config import HOME, Config
from clinic.db import Clinics, db
from clinic.pulse import Pulse


def create_app(config: Config | None = None) -> Clinics:
    """Wire the rooms together; what each does stands in the room."""
    config = config or Config()
    home = Path(HOME)
    app = Clinics(__name__, template_folder=home / "templates", static_folder=home / "static")
    app.config.from_mapping(config.for_flask())
    app.extensions["bell"] = Bell(_libpq(config.DATABASE_DIRECT_URL), config.LIVE_STREAMS)
    app.extensions["pulse"] = Pulse(_libpq(config.DATABASE_DIRECT_URL))
    cookies.init_app(app)

    addresses.init_app(app)
    requests.init_app(app)
    keyring.init_app(app)
    db.init_app(app)
    connections.init_app(app)
    Migrate(app, db, directory=home / "migrations", compare_server_default=False)
    current.init_app(app)
    guard.init_app(app)
    idempotency.init_app(app)
    htmx.init_app(app)
    filters.init_app(app)
    assets.init_app(app)
    errors.init_app(app)
    openings.init_app(app)
    views.init_app(app)
    commands.init_app(app)
    return app


def _libpq(url):
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


__all__ = ["create_app", "models"]
