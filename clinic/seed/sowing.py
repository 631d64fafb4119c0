"""Making the demo, once."""

import sqlalchemy as sa

from clinic.actions.passwords import hash_password
from clinic.models.organizations import Clinic
from clinic.scope import Scope
from clinic.seed.again import book_a_series, publish_a_class
from clinic.seed.asking import ask
from clinic.seed.cast import DEMOS, PASSWORD
from clinic.seed.days import fill
from clinic.seed.documents import hand_in
from clinic.seed.health import know
from clinic.seed.history import date_events, date_visits
from clinic.seed.insurance import insure
from clinic.seed.labs import order_tests
from clinic.seed.notes import take_notes
from clinic.seed.opening import open_clinic
from clinic.seed.papers import give_papers
from clinic.seed.prescribing import prescribe
from clinic.seed.registering import register_patients
from clinic.seed.requests import ask_and_wait
from clinic.seed.stranded import fall_ill
from clinic.seed.telling import tell_the_numbers, tell_the_past
from clinic.seed.waiting import number_again

SLUGS = [demo.profile["slug"] for demo in DEMOS]


def sow(session, owner_url) -> list[str]:
    """Make the demo clinics that are missing and return their names; each comes whole or not at all."""
    password_hash, made = hash_password(PASSWORD), []
    for demo in DEMOS:
        session.enter(Scope.person())
        if demo.profile["slug"] in present(session):
            continue
        opened = open_clinic(session, demo, password_hash)
        register_patients(session, opened)
        insure(session, opened)
        week = fill(session, opened)
        publish_a_class(session, week)
        book_a_series(session, week)
        fall_ill(session, week)
        ask_and_wait(session, week)
        tell_the_past(session, week)
        ask(session, week)
        know(session, week)
        take_notes(session, week)
        prescribe(session, week)
        give_papers(session, week)
        hand_in(session, week)
        order_tests(session, week)
        session.flush()
        date_visits(session, opened.clinic.id, week.stamps)
        number_again(session, opened.clinic)
        tell_the_numbers(session, week)
        session.commit()
        date_events(owner_url, opened.clinic.id)
        made.append(demo.profile["name"])
    return made


def present(session) -> set[str]:
    """The addresses of the demo clinics that are there."""
    return set(session.scalars(sa.select(Clinic.slug).where(Clinic.slug.in_(SLUGS))))


def others(session) -> bool:
    """Whether there are clinics that are not of the demo."""
    session.enter(Scope.person())
    return session.scalar(sa.select(sa.exists().where(Clinic.slug.not_in(SLUGS))))
