"""The queue: what a visit carries from the door to the doctor, and the numbers that are drawn on a day."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index
from clinic.models.people import Severity
from clinic.scope import ClinicOwned


class Queued:
    """A visit's place among those who wait: its number, its colour, where it was called to, how long it may take."""

    # Drawn on the clinic's calendar day ``ticket_on``; no two visits of one day have the same.
    ticket_number: Mapped[int | None]
    ticket_on: Mapped[date | None]
    severity: Mapped[Severity | None] = mapped_column(ChoiceType(Severity))
    # Typed at the clinic's own screen, on the visit's day only; given by the database when the visit gets its time.
    check_in_code: Mapped[str | None] = mapped_column(server_default=sa.FetchedValue())
    check_in_on: Mapped[date | None] = mapped_column(server_default=sa.FetchedValue())
    # The last time somebody asked them in, the words for where, and how often they were asked.
    called_at: Mapped[datetime | None]
    called_to: Mapped[str | None]
    times_called: Mapped[int] = mapped_column(default=0, server_default="0")
    # Minutes from when they were due to the doctor, as the patient was told; NULL where nothing could be said.
    wait_low: Mapped[int | None]
    wait_high: Mapped[int | None]

    @property
    def due_at(self) -> datetime:
        """From when somebody who is here waits to be called (UTC): their time, or where they came later, that."""
        return self.checked_in_at if self.kind == "walk_in" else max(self.checked_in_at, self.starts_at)

    @property
    def expected_from(self) -> datetime | None:
        """The earliest moment at which they were told to be called (UTC)."""
        return self._after(self.wait_low)

    @property
    def expected_until(self) -> datetime | None:
        """The latest moment at which they were told to be called (UTC)."""
        return self._after(self.wait_high)

    def _after(self, minutes):
        known = self.checked_in_at is not None and minutes is not None
        return self.due_at + timedelta(minutes=minutes) if known else None


# The patient has said once more that they come, after the clinic had moved what they had said it of.
SAID_AGAIN = "confirmed_again"
# What a visit's history tells besides its steps, by the word that is kept.
PROGRESS = {
    "called": word("Called in"),
    "called_again": word("Called once more"),
    "uncalled": word("The call was taken back"),
    "triaged_green": word("Green: can wait"),
    "triaged_yellow": word("Yellow: soon"),
    "triaged_orange": word("Orange: urgent"),
    "triaged_red": word("Red: at once"),
    "triaged_none": word("No urgency said"),
    SAID_AGAIN: word("Will come at the new time"),
}
# What else stands on the table of visits because of this.
RULES = (
    one_of(Severity, "severity"),
    sa.CheckConstraint("wait_high >= wait_low AND wait_low >= 0", name="wait_in_order"),
    sa.CheckConstraint("check_in_code ~ '^[0-9]{6}$'", name="check_in_code_is_digits"),
    index(
        "visits", "ticket_on", "ticket_number", name="uq_visits_ticket_number", unique=True,
        postgresql_where=sa.text("ticket_number IS NOT NULL"),
    ),
    index(
        "visits", "check_in_on", "check_in_code", name="uq_visits_check_in_code", unique=True,
        postgresql_where=sa.text("check_in_code IS NOT NULL"),
    ),
)  # fmt: skip


class TicketDay(ClinicOwned, Timestamped, Base):
    """How many numbers were drawn in the clinic on one day of its calendar; each draw adds one, under its lock."""

    __tablename__ = "ticket_days"
    __table_args__ = (
        belongs_to_clinic("ticket_days"),
        sa.Index("uq_ticket_days_on_date", "clinic_id", "on_date", unique=True),
    )

    on_date: Mapped[date]
    last_number: Mapped[int]
