"""What several come to, and what one patient comes to again and again: a class with places left, a series of visits."""

from datetime import time, timedelta

import sqlalchemy as sa

from clinic.actions import groups, series
from clinic.actions.booking import Wish, book
from clinic.actions.groups import Group
from clinic.db import now
from clinic.models.series import SeriesUnit
from clinic.models.visits import Visit
from clinic.seed.days import lived_through

CLASS, SERIES = "Back care class", "Physiotherapy"
CLASSES, PLACES, TAKEN = 4, 8, 3
EVENING, AFTERNOON = time(17, 30), time(16, 30)
WEEK = timedelta(days=7)


def publish_a_class(session, week):
    """A class every week after hours; in the first of them some places are taken."""
    opened = week.opened
    if CLASS not in opened.types:
        return
    kind = opened.types[CLASS]
    doctor, _actor = _who_offers(opened, CLASS)
    group = Group(doctor.id, PLACES, kind.id, title="Back care, the evening class")
    first = opened.at(opened.today + timedelta(days=1), EVENING)
    for number in range(CLASSES):
        groups.publish(session, group, first + number * WEEK, by=week.desk)
    for name in opened.demo.patients[10 : 10 + TAKEN]:
        book(session, Wish(opened.clinic.id, doctor.id, kind.id, opened.patients[name].id, first), by=week.desk)


def book_a_series(session, week):
    """Eight weeks of exercises, two of which are over; where a time is taken, the next best one."""
    opened = week.opened
    if SERIES not in opened.types:
        return
    doctor, actor = _who_offers(opened, SERIES)
    plan = series.Plan(
        clinic_id=opened.clinic.id, zone=opened.clinic.timezone, patient_id=opened.patients[opened.demo.portal[2]].id,
        provider_id=doctor.id, visit_type_id=opened.types[SERIES].id, unit=SeriesUnit.WEEK, every=1,
        first_on=opened.today - timedelta(days=13), at_time=AFTERNOON, times=8, reason="Knee after the operation",
    )  # fmt: skip
    found = series.preview(session, plan, by=week.desk)
    times = [each.proposal if each.refusal else each.starts_at for each in found]
    made = series.create(session, plan, [series.Pick(at) for at in times if at], by=week.desk)
    for visit in session.scalars(sa.select(Visit).where(Visit.series_id == made.id, Visit.starts_at < now())):
        lived_through(week, visit, actor)


def _who_offers(opened, name):
    position = next(n for n, each in enumerate(opened.demo.doctors) if name in each.offers)
    return opened.doctors[position]
