"""People who wait for a time, times that are freed, and what the worker makes of both."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import waitlist, waitlist_offers
from clinic.actions.acting import Actor
from clinic.actions.patients import register
from clinic.actions.waitlist import Wanting
from clinic.models.organizations import Clinic
from clinic.models.telling import SETTING
from clinic.queries.waitlist import Freed, over
from clinic.walltime import today
from clinic.work.handlers import run
from tests.desk import attended

JOBS = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'waitlist.offer' AND status = 'todo'")


@pytest.fixture(name="awake", autouse=True)
def awake_clinic(session, cast):
    """No hour of these days is quiet, at whatever hour the tests run."""
    rose = session.get(Clinic, cast.rose.id)
    rose.settings = {**rose.settings, SETTING: {"quiet_from": "03:00", "quiet_until": "03:00"}}
    session.commit()
    return rose


@pytest.fixture(name="visit")
def toms_visit(cast):
    """Tom's visit with Dr Osei the day after tomorrow at ten, who is busy before and after."""
    return cast.booked(cast.tomorrow_at(10, days=2))


@pytest.fixture(name="ada")
def ada_byron(session, cast):
    """One more patient."""
    made = register(session, by=cast.amara.actor, full_name="Ada Byron", phone="+44 7700 900123")
    session.commit()
    return made


def wait(session, cast, patient=None, *, priority=0, days=20, by=None, **facts):
    """Somebody whom the desk can call, at the least, joins the line."""
    attended(session, cast)
    patient = patient or cast.maya_patient
    patient.phone = patient.phone or "+44 20 7946 0177"
    session.flush()
    day = cast.tomorrow_at(10).date()
    kept = {"earliest_on": day, "latest_on": day + timedelta(days=days), "visit_type_id": cast.consultation.id}
    entry = waitlist.join(session, patient, Wanting(**{**kept, **facts}), priority=priority,
                          by=(by or cast.amara).actor)  # fmt: skip
    session.commit()
    return entry


def freed(cast, hour=10, minutes=20, days=2):
    starts_at = cast.tomorrow_at(hour, days=days)
    return Freed(cast.rose.id, cast.dr_osei.id, starts_at, starts_at + timedelta(minutes=minutes))


def refill(session, cast, what=None):
    made = waitlist_offers.refill(session, what or freed(cast), by=Actor.job(cast.rose.id, "waitlist.offer"))
    session.commit()
    return made


def do_jobs(app, session):
    """What the worker does with the times that were freed."""
    session.commit()
    waiting = session.scalars(JOBS).all()
    session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE task_name = 'waitlist.offer'"))
    session.commit()
    for arguments in waiting:
        run(app, "waitlist.offer", arguments)
    session.rollback()
    session.expire_all()
    return waiting


def run_expire(session, cast, entry):
    for each in over(session, today(ZoneInfo(cast.rose.timezone))):
        waitlist.expire(each, by=Actor.job(cast.rose.id, "waitlist.expire"))
    session.commit()
