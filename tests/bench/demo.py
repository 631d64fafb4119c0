"""How long the demo takes that `make run` makes before it first answers."""

import time

from clinic import create_app
from clinic.config import Config
from tests.databases import migrated
from tests.live_server import SECRET_KEY, SECRET_KEYS
from tests.queries_counted import counted


def measured(addresses):
    """`flask seed` in an empty database at these addresses: (seconds, how many statements it said)."""
    app = create_app(Config(**addresses, SECRET_KEY=SECRET_KEY, SECRET_KEYS=SECRET_KEYS, DATABASE_POOL=2))
    migrated(app)
    with counted(app) as statements:
        began = time.perf_counter()
        result = app.test_cli_runner().invoke(args=["seed"])
        took = time.perf_counter() - began
    assert result.exit_code == 0, result.output
    print(f"the demo: {took:.0f} s", flush=True)
    return took, len(statements)
