"""Notes in tests: a visit that has begun, words for it, and a signature under them."""

from uuid import uuid4

from clinic.actions import consultations, visits
from clinic.actions.consultations import Sending, Words
from clinic.db import db
from clinic.models.visits import Visit

COUGH = Words(complaints="Cough for a week", diagnosis="A cold", diagnosis_codes=("J00",), treatment="Rest and tea")


def begun(cast, **more):
    """A visit of Tom's with Dr Osei that is going on, unless it says otherwise."""
    visit = cast.booked(**more)
    session = db.session()
    visits.check_in(visit, by=cast.amara.actor)
    visits.start(visit, by=next(each for each in (cast.osei, cast.lind) if each.provider_id == visit.provider_id).actor)
    session.commit()
    return visit


def written(visit, words=COUGH, *, by, version=0, page=None, number=1, verb=consultations.autosave):
    """The note after these words were sent from a page that showed this version; committed."""
    note = verb(visit, words, Sending(version, page or uuid4(), number), by=by.actor)
    db.session().commit()
    return note


def signed(cast, words=COUGH, **more):
    """A visit whose note is signed, with the note."""
    visit = begun(cast, **more)
    doctor = cast.osei if visit.provider_id == cast.osei.provider_id else cast.lind
    return visit, written(visit, words, by=doctor, verb=consultations.sign)


def again(session, visit):
    """The visit, read anew in this session."""
    return session.get(Visit, (visit.clinic_id, visit.id))
