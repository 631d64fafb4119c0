"""Series: the rule after which a patient comes again and again, and the dates it gives."""

from datetime import date, datetime, time
from itertools import islice
from uuid import UUID

import sqlalchemy as sa
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.people import VisitMode
from clinic.scope import PatientOwned

# A year of weekly visits, and a few more.
MOST = 60


class SeriesUnit(Choice):
    """In what the distance between two dates is counted."""

    DAY = "day", word("days")
    WEEK = "week", word("weeks")
    MONTH = "month", word("months")


FREQUENCIES = {SeriesUnit.DAY: DAILY, SeriesUnit.WEEK: WEEKLY, SeriesUnit.MONTH: MONTHLY}


class Series(PatientOwned, Timestamped, Base):
    """A patient comes every so often to the same doctor, at the same time on the clinic's clock.

    The visits are rows of their own, each of which may be moved and cancelled by itself; the rule says how they came
    to be.
    """

    __tablename__ = "series"
    __table_args__ = (
        belongs_to_clinic("series"),
        refers("patient_id", "patients"),
        refers("provider_id", "providers"),
        refers("visit_type_id", "visit_types"),
        refers_to_user("created_by_id"),
        one_of(SeriesUnit, "unit"),
        one_of(VisitMode, "visit_mode"),
        sa.CheckConstraint("every BETWEEN 1 AND 52", name="every_in_range"),
        sa.CheckConstraint("num_nonnulls(times, until_on) = 1", name="ends_once"),
        sa.CheckConstraint("times BETWEEN 2 AND 60", name="times_in_range"),
        sa.CheckConstraint("until_on >= first_on", name="goes_forwards"),
        index("series", "patient_id"),
        index("series", "provider_id"),
        index("series", "visit_type_id"),
        index("series", "created_by_id"),
    )

    provider_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_type_id: Mapped[UUID] = mapped_column(sa.Uuid)
    visit_mode: Mapped[VisitMode] = mapped_column(ChoiceType(VisitMode))
    unit: Mapped[SeriesUnit] = mapped_column(ChoiceType(SeriesUnit))
    every: Mapped[int] = mapped_column(sa.SmallInteger)
    first_on: Mapped[date]
    # Wall time in the zone: the same on the clock before and after a clock change.
    at_time: Mapped[time]
    timezone: Mapped[str]
    times: Mapped[int | None] = mapped_column(sa.SmallInteger)
    until_on: Mapped[date | None]
    created_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)


def dates(unit, every, first_on: date, *, times=None, until_on=None) -> list[date]:
    """The dates of a rule, the first one included, one more than ``MOST`` at most.

    A month that is too short for the day has its last day instead, so that no month is left out.
    """
    rule = {"interval": every, "dtstart": datetime.combine(first_on, time())}
    if times is not None:
        rule["count"] = times
    else:
        rule["until"] = datetime.combine(until_on, time())
    if unit == SeriesUnit.MONTH and first_on.day > 28:
        rule |= {"bymonthday": range(28, first_on.day + 1), "bysetpos": -1}
    return [moment.date() for moment in islice(rrule(FREQUENCIES[unit], **rule), MOST + 1)]
