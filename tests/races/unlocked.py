"""The application as it would be if booking took no lock: what shows that the races would find it."""

import sqlalchemy as sa

from clinic import create_app
from clinic.actions import booking

LOCK = "FOR NO KEY UPDATE OF p"
assert LOCK in booking.LOCK.text, "booking takes its lock in other words than the control knows"
booking.LOCK = sa.text(booking.LOCK.text.replace(LOCK, ""))

app = create_app()
