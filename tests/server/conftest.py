"""A product that was started before: most of what is tried here needs no first start of its own."""

import signal

import pytest

from tests.server.checkout import checkout_named


@pytest.fixture(scope="session")
def started_before():
    """The data folder of a product that was started once, with the demo in it, and stopped."""
    with checkout_named("first") as checkout:
        checkout.run()
        checkout.send(signal.SIGTERM)
        assert checkout.is_quiet()
        yield checkout.home
