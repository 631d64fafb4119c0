"""What one route alone asks for: a thing in a state of its own, made when somebody asks, and what its address needs.

A route that is asked about a thing in the wrong state answers 404 for one's own as for a stranger's: no proof at all.
"""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import sqlalchemy as sa
from itsdangerous import URLSafeSerializer

from clinic.actions.patients import register
from clinic.actions.tokens import hash_token
from clinic.db import db
from clinic.integrations import eligibility
from clinic.models.accounts import UserSession
from clinic.models.consultations import Consultation
from clinic.models.documents import DocumentState
from clinic.models.groups import CalledOffGroup
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.offers import OfferPurpose, OfferStatus, SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from clinic.models.strandings import StrandedVisit
from clinic.models.visits import CancelReason, Visit
from clinic.scope import Scope
from clinic.stored import storage
from tests.access.given import GIVEN


def in_its_state(endpoint, cast, corner, found):
    """What was found, with what this route alone asks for."""
    if endpoint not in STATES:
        return found
    session = db.session()
    session.enter(Scope.staff(corner.clinic.id))
    made = STATES[endpoint](SimpleNamespace(session=session, cast=cast, corner=corner, found=found)) or {}
    session.commit()
    return found | made


def beside(endpoint, browser, found):
    """What stands in the route's address beside the ids: the query, or the token that goes with a document."""
    if endpoint in WAITING:
        return {"visit_id": found["visit_id"]}
    if endpoint in PAGES:
        return {"seen": _link(browser, endpoint, "pages", found["document_id"])}
    if endpoint in FILES:
        return {"token": _link(browser, endpoint, "file", found["document_id"])}
    if endpoint == "staff.day_closing.unsettle_all":
        now = datetime.now(UTC)
        return {"since": (now - timedelta(minutes=1)).isoformat(), "until": now.isoformat()}
    return {}


def _link(browser, endpoint, purpose, document_id):
    """The link as the product signs it for this browser's own session, whosever the document is."""
    if browser.person is None:
        return "x"
    with browser.client.session_transaction() as cookie:
        own = UserSession.token_hash == hash_token(cookie["token"])
    session_id, person = db.session().scalar(sa.select(UserSession.id).where(own)), browser.person
    whose = f"{session_id}.{person.user.id}.{person.clinic.id}.{endpoint.partition('.')[0]}"
    until = int(datetime.now(UTC).timestamp()) + 50
    signer = URLSafeSerializer(browser.app.secret_key, salt=f"documents.{purpose}")
    return signer.dumps([document_id.hex, whose, until])


def _document(asking, **facts):
    made = GIVEN["document_id"](asking.corner, asking.found["patient_id"], 0)
    for name, value in {"uploaded_by_id": asking.corner.user.id, **facts}.items():
        setattr(made, name, value)
    asking.session.add(made)
    asking.session.flush()
    return made


def _on_its_way(asking, from_patient=False):
    made = _document(asking, from_patient=from_patient, state=DocumentState.SENDING, received=0, sha256=None)
    return {"document_id": made.id}


def _on_its_way_from_the_portal(asking):
    return _on_its_way(asking, from_patient=True)


def _removed(asking):
    return {"document_id": _document(asking, deleted_at=datetime.now(UTC)).id}


def _with_its_bytes(asking):
    made = _document(asking, preview_pages=1)
    for key in (made.storage_key, made.page_key(1)):
        storage().put(key, io.BytesIO(b"x"))
    return {"document_id": made.id}


def _signed(asking):
    """The note of the visit, signed."""
    visit_id, corner = asking.found["visit_id"], asking.corner
    if asking.session.scalar(sa.select(Consultation.id).where(Consultation.visit_id == visit_id)) is None:
        asking.session.add(Consultation(
            clinic_id=corner.clinic.id, visit_id=visit_id, provider_id=corner.provider.id, diagnosis="A cold",
            version=1, signed_at=datetime.now(UTC), signed_by_id=corner.doctor.id,
        ))  # fmt: skip


def _deleted(asking):
    patient_id = register(asking.session, by=asking.corner.by.actor, full_name="Ada Byron").id
    asking.session.flush()
    put_away = sa.update(Patient.__table__).where(Patient.__table__.c.id == patient_id)
    asking.session.connection().execute(put_away.values(deleted_at=sa.func.now()))
    return {"patient_id": patient_id}


def _called_off(asking):
    at, corner = datetime.now(UTC) + timedelta(days=1200), asking.corner
    gone = CalledOffGroup(
        clinic_id=corner.clinic.id, id=uuid4(), provider_id=corner.provider.id, starts_at=at,
        ends_at=at + timedelta(hours=1), busy_from=at, busy_until=at + timedelta(hours=1), capacity=3,
        called_off_at=datetime.now(UTC), reason=CancelReason.CLINIC,
    )  # fmt: skip
    asking.session.add(gone)
    return {"group_id": gone.id}


def _proposed(asking):
    """A time that was proposed for the stranded visit, until it ran out."""
    found, clinic_id = asking.found, asking.corner.clinic.id
    visit = asking.session.get(Visit, (clinic_id, found["visit_id"]))
    offer = SlotOffer(
        clinic_id=clinic_id, id=uuid4(), patient_id=visit.patient_id, provider_id=visit.provider_id,
        visit_type_id=visit.visit_type_id, visit_mode=VisitMode.IN_PERSON, purpose=OfferPurpose.STRANDED,
        status=OfferStatus.LAPSED, is_move=True, visit_id=visit.id, visit_starts_at=visit.starts_at,
        starts_at=visit.starts_at + timedelta(days=7), ends_at=visit.ends_at + timedelta(days=7),
        until=datetime.now(UTC),
    )  # fmt: skip
    asking.session.add(offer)
    asking.session.flush()
    asking.session.get(StrandedVisit, (clinic_id, found["stranded_id"])).offer_id = offer.id


def _offered(asking):
    """A message that offers a time, until that ran out, and that somebody has to say by phone."""
    _proposed(asking)
    offer_id = asking.session.get(StrandedVisit, (asking.corner.clinic.id, asking.found["stranded_id"])).offer_id
    return {"notification_id": _to_call(asking, NotificationKind.OFFER, offer_id=offer_id)}


def _reminded(asking):
    """A reminder of the visit that somebody has to say by phone; the visit has another time by now."""
    at = datetime.now(UTC) + timedelta(days=2)
    return {"notification_id": _to_call(asking, NotificationKind.REMINDER, visit_starts_at=at, offset_hours=48)}


def _to_call(asking, kind, **facts):
    visit = asking.session.get(Visit, (asking.corner.clinic.id, asking.found["visit_id"]))
    line = Notification(
        clinic_id=visit.clinic_id, id=uuid4(), patient_id=visit.patient_id, visit_id=visit.id, kind=kind,
        channel=Channel.PHONE, state=NotificationState.CALL, text="Hello", desk_since=datetime.now(UTC), **facts,
    )  # fmt: skip
    asking.session.add(line)
    return line.id


def _with_a_service(asking):
    """Somebody to ask about insurance, in the clinic of whoever asks; nobody is asked here."""
    eligibility.SERVICES.setdefault("nobody", lambda: SimpleNamespace(name="Clearing house"))
    asking.session.enter(asking.cast.scope)
    clinic = asking.session.get(Clinic, asking.cast.rose.id)
    clinic.settings = {**clinic.settings, eligibility.SETTING: "nobody"}


WAITING = ("portal.waitlist.new", "portal.waitlist.create")
PAGES = ("staff.documents.page", "portal.documents.page")
FILES = ("staff.documents.file", "portal.documents.file")
STATES = {
    "staff.documents.part": _on_its_way, "staff.documents.progress": _on_its_way,
    "portal.documents.part": _on_its_way_from_the_portal, "portal.documents.progress": _on_its_way_from_the_portal,
    "portal.documents.remove": _on_its_way_from_the_portal, "staff.documents.restore": _removed,
    **dict.fromkeys((*PAGES, *FILES), _with_its_bytes),
    **dict.fromkeys(("portal.consultations.show", "portal.consultations.sheet", "portal.consultations.pdf"), _signed),
    "staff.deletions.restore": _deleted,
    "staff.groups.restore": _called_off,
    "staff.stranded_visits.accept": _proposed, "staff.stranded_visits.decline": _proposed,
    "staff.calls.accept": _offered, "staff.calls.decline": _offered, "staff.calls.confirm": _reminded,
    "staff.calls.take_back": _offered,
    "staff.insurance.ask": _with_a_service,
}  # fmt: skip
# Whose address has no id, but something that leads to somebody's thing all the same.
LEADING = (*WAITING, *FILES)
