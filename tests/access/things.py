"""What an address can name: for every kind of id the asker's own, their clinic's, another clinic's.

A route whose address names something that is not here has no case, and a test says so.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import sqlalchemy as sa

from clinic.actions.booking import Wish, book
from clinic.actions.patients import register
from clinic.actions.tokens import hash_token, new_token
from clinic.db import db
from clinic.models.accounts import Membership, Role, TokenPurpose, User, UserSession, UserToken
from clinic.models.calendar_feeds import BusySource, CalendarFeed
from clinic.models.closures import Closure
from clinic.models.factors import Passkey
from clinic.models.grants import AccessGrant, GrantKind
from clinic.models.insurance import InsurancePolicy
from clinic.models.intake import IntakeQuestion, QuestionKind
from clinic.models.keeping import Erasure, LegalHold
from clinic.models.note_templates import NoteTemplate
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.organizations import Location
from clinic.models.patients import PatientAccess, PatientTag, TagKind
from clinic.models.people import Relation, VisitMode
from clinic.models.requests import RequestStatus, VisitRequest
from clinic.models.rooms import Room, RoomKind
from clinic.models.schedule import Availability, Slot, SlotKind, SlotStatus
from clinic.models.screens import Screen, ScreenKind
from clinic.models.series import Series, SeriesUnit
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding, StrandingCause
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visit_feedback import FeedbackState, VisitFeedback
from clinic.models.visit_links import VisitLink
from clinic.models.visits import Visit, VisitSource
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from clinic.scope import Scope
from tests.access.given import GIVEN
from tests.access.health import HEALTH_ROWS
from tests.access.merging import two_records
from tests.access.prescribing import PRESCRIBED

# What is nobody's: a page of the public's, a file, a link that nobody was sent.
PLAIN = {"slug": "rose-street", "filename": "clinic.css", "version": "x", "token": "a" * 43, "proof": "x",
         "number": 1}  # fmt: skip


@dataclass
class Corner:
    """A patient of a clinic's, their doctor, and somebody who signs in there: whose things stand in an address."""

    clinic: object
    provider: object
    doctor: object
    patient: object
    visit_type: object
    user: object
    by: object


def corners(cast, person, role):
    """The asker's own corner, one of others of Rose Street, and one of Harbour."""
    toms = Corner(cast.rose, cast.dr_osei, cast.osei.user, cast.tom, cast.consultation, cast.osei.user, cast.amara)
    mayas = Corner(cast.rose, cast.dr_osei, cast.osei.user, cast.maya_patient, cast.consultation, cast.maya.user,
                   cast.amara)  # fmt: skip
    graces = Corner(cast.rose, cast.dr_lind, cast.lind.user, None, cast.consultation, cast.lind.user, cast.amara)
    sams = Corner(cast.harbour, cast.dr_reyes, cast.reyes.user, cast.sam, cast.checkup, cast.reyes.user, cast.stranger)
    own = mayas if role == "patient" else toms
    own.user = person.user if person else own.user
    return {"own": own, "same_clinic": toms if role == "patient" else graces, "other_clinic": sams}


def things_in(cast, corner, number):
    """A fresh row of every kind in this corner, as {name in an address: id}; ``number`` keeps their times apart."""
    session = db.session()
    session.enter(Scope.staff(corner.clinic.id))
    patient_id = corner.patient.id if corner.patient else _nobody_elses(session, corner).id
    known = {
        "clinic_id": corner.clinic.id, "patient_id": patient_id, "provider_id": corner.provider.id,
        "visit_type_id": corner.visit_type.id, "user_id": corner.user.id,
        "visit_id": _visit(session, cast, corner, patient_id, number),
    }  # fmt: skip
    # There is one open request to erase at most: the one of the asking before this one is over.
    session.execute(sa.update(Erasure).where(Erasure.withdrawn_at.is_(None)).values(withdrawn_at=sa.func.now()))
    rows = {name: make(corner, patient_id, number) for name, make in ROWS.items()}
    session.add_all(rows.values())
    session.flush()
    found = known | {name: row.id for name, row in rows.items()}
    own_visit = sa.update(Visit).where(Visit.id == known["visit_id"])
    session.execute(own_visit.values(series_id=found["series_id"]))
    found["row_id"] = session.scalars(
        sa.select(Availability.id).where(Availability.provider_id == corner.provider.id).limit(1)
    ).first()
    found["membership_id"] = session.scalars(
        sa.select(Membership.id).where(Membership.user_id == corner.user.id).limit(1)
    ).first()
    found["known_id"] = register(session, by=corner.by.actor, full_name="Ada Byron").id
    found |= two_records(session, corner, patient_id)
    found["access_id"] = _access(session, corner, patient_id)
    found |= _of_visit(session, corner, found)
    found["stranding_id"], found["stranded_id"] = _stranded(session, corner, found)
    session.commit()
    return found


def _nobody_elses(session, corner):
    """A patient whom no other doctor has ever seen."""
    corner.patient = register(session, by=corner.by.actor, full_name="Grace Hopper")
    return corner.patient


def _of_visit(session, corner, found):
    """What hangs on the visit: a link of the patient's that was revoked, and words about how it was."""
    ids = {"clinic_id": corner.clinic.id, "visit_id": found["visit_id"]}
    link = VisitLink(**ids, token_hash=hash_token(new_token()), token_encrypted=b"x", revoked_at=sa.func.now())
    said = VisitFeedback(**ids, rating=4, comment="Kind", state=FeedbackState.WAITING)
    session.add_all((link, said))
    session.flush()
    return {"former_link_id": link.id, "feedback_id": said.id}


def _stranded(session, corner, found):
    """That the doctor's times were changed, and the visit that has to have another one."""
    change = Stranding(
        clinic_id=corner.clinic.id, cause=StrandingCause.HOURS, provider_id=corner.provider.id,
        former={"do": "update", "row_id": None, "row": {}},
    )  # fmt: skip
    session.add(change)
    session.flush()
    visit = session.get(Visit, (corner.clinic.id, found["visit_id"]))
    stranded = StrandedVisit(
        clinic_id=corner.clinic.id, stranding_id=change.id, visit_id=visit.id, patient_id=visit.patient_id,
        starts_at=visit.starts_at, status=StrandedStatus.NOTHING,
    )  # fmt: skip
    session.add(stranded)
    session.flush()
    return change.id, stranded.id


def _access(session, corner, patient_id):
    """Somebody new who sees the patient's record in the portal."""
    carer = User(email=f"{uuid4().hex}@example.org")
    session.add(carer)
    session.flush()
    access = PatientAccess(clinic_id=corner.clinic.id, patient_id=patient_id, user_id=carer.id, relation=Relation.CARER)
    session.add(access)
    session.flush()
    return access.id


def _visit(session, cast, corner, patient_id, number):
    starts_at = cast.tomorrow_at(9, days=3 + number // 16, clinic=corner.clinic) + timedelta(minutes=30 * (number % 16))
    wish = Wish(corner.clinic.id, corner.provider.id, corner.visit_type.id, patient_id, starts_at)
    return book(session, wish, by=corner.by.actor)


def _block(corner, patient_id, number):
    at = datetime.now(UTC) + timedelta(days=60 + number)
    return Slot(
        clinic_id=corner.clinic.id, provider_id=corner.provider.id, kind=SlotKind.BLOCKED, status=SlotStatus.BLOCKED,
        starts_at=at, ends_at=at + timedelta(hours=1), busy_from=at, busy_until=at + timedelta(hours=1),
    )  # fmt: skip


def _grant(corner, patient_id, number):
    return AccessGrant(
        clinic_id=corner.clinic.id, kind=GrantKind.BREAK_GLASS, user_id=corner.doctor.id,
        granted_by_id=corner.doctor.id, patient_id=patient_id, reason="Brought in unconscious",
        until=datetime.now(UTC) + timedelta(minutes=50),
    )  # fmt: skip


def _closure(corner, patient_id, number):
    at = datetime.now(UTC) + timedelta(days=400 + number)
    return Closure(clinic_id=corner.clinic.id, provider_id=corner.provider.id, title="A course", starts_at=at,
                   ends_at=at + timedelta(hours=8))  # fmt: skip


def _group(corner, patient_id, number):
    at = datetime.now(UTC) + timedelta(days=800 + number)
    return Slot(
        clinic_id=corner.clinic.id, provider_id=corner.provider.id, kind=SlotKind.PUBLISHED, status=SlotStatus.FREE,
        starts_at=at, ends_at=at + timedelta(hours=1), busy_from=at, busy_until=at + timedelta(hours=1), capacity=3,
    )  # fmt: skip


def _series(corner, patient_id, number):
    return Series(
        clinic_id=corner.clinic.id, patient_id=patient_id, provider_id=corner.provider.id,
        visit_type_id=corner.visit_type.id, visit_mode=VisitMode.IN_PERSON, unit=SeriesUnit.WEEK, every=1,
        first_on=date(2026, 1, 5), at_time=time(10), timezone=corner.clinic.timezone, times=8,
    )  # fmt: skip


def _notification(corner, patient_id, number):
    """A message that the patient has to be told by phone."""
    return Notification(
        clinic_id=corner.clinic.id, patient_id=patient_id, kind=NotificationKind.REQUEST_RECEIVED,
        channel=Channel.PHONE, state=NotificationState.CALL, text="Hello", desk_since=datetime.now(UTC),
    )  # fmt: skip


def _reply(corner, patient_id, number):
    """What the patient answered by text message, in words."""
    return TextReply(
        clinic_id=corner.clinic.id, patient_id=patient_id, service_id=uuid4().hex, sender="+447700900123",
        text="Hello", meaning=ReplyMeaning.OTHER, result=ReplyResult.TO_READ, desk_since=datetime.now(UTC),
    )  # fmt: skip


ROWS = {
    "notification_id": _notification,
    "reply_id": _reply,
    "group_id": _group,
    "series_id": _series,
    "location_id": lambda corner, patient_id, number: Location(clinic_id=corner.clinic.id, name="By the river"),
    "screen_id": lambda corner, patient_id, number: Screen(
        clinic_id=corner.clinic.id, kind=ScreenKind.DISPLAY, name="Waiting room", code_hash=hash_token(new_token())
    ),
    "tag_id": lambda corner, patient_id, number: PatientTag(
        clinic_id=corner.clinic.id, patient_id=patient_id, kind=TagKind.FLAG, tag=f"Wheelchair {uuid4().hex[:8]}"
    ),
    "block_id": _block,
    "request_id": lambda corner, patient_id, number: VisitRequest(
        clinic_id=corner.clinic.id, patient_id=patient_id, reason="A cough", source=VisitSource.PORTAL,
        status=RequestStatus.NEW, answer_by=datetime.now(UTC) + timedelta(hours=1),
    ),
    # Off the list again: a patient stands on it once.
    "entry_id": lambda corner, patient_id, number: WaitlistEntry(
        clinic_id=corner.clinic.id, patient_id=patient_id, visit_type_id=corner.visit_type.id,
        earliest_on=datetime.now(UTC).date(), latest_on=datetime.now(UTC).date() + timedelta(days=9),
        source=VisitSource.PORTAL, status=WaitStatus.LEFT, ended_at=datetime.now(UTC),
    ),
    "closure_id": _closure,
    "grant_id": _grant,
    "invitation_id": lambda corner, patient_id, number: UserToken(
        user_id=corner.doctor.id, clinic_id=corner.clinic.id, purpose=TokenPurpose.INVITE, role=Role.RECEPTIONIST,
        token_hash=hash_token(new_token()), expires_at=datetime.now(UTC) + timedelta(hours=1),
    ),
    "link_id": lambda corner, patient_id, number: UserToken(
        clinic_id=corner.clinic.id, purpose=TokenPurpose.CONNECT_PATIENT, patient_id=patient_id,
        relation=Relation.CARER, new_email=f"{uuid4().hex}@example.org", token_hash=hash_token(new_token()),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    ),
    "session_id": lambda corner, patient_id, number: UserSession(
        user_id=corner.user.id, clinic_id=corner.clinic.id, token_hash=hash_token(new_token()),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    ),
    "hold_id": lambda corner, patient_id, number: LegalHold(
        clinic_id=corner.clinic.id, patient_id=patient_id, reason="A letter of the court",
        placed_by_id=corner.doctor.id,
    ),
    "policy_id": lambda corner, patient_id, number: InsurancePolicy(
        clinic_id=corner.clinic.id, patient_id=patient_id, insurer_name="Bluebell Mutual", member_id="7"
    ),
    "erasure_id": lambda corner, patient_id, number: Erasure(
        clinic_id=corner.clinic.id, patient_id=patient_id, reason="They asked for it", asked_by_id=corner.doctor.id
    ),
    "question_id": lambda corner, patient_id, number: IntakeQuestion(
        clinic_id=corner.clinic.id, visit_type_id=corner.visit_type.id, question="Since when?",
        kind=QuestionKind.SHORT_TEXT,
    ),
    "template_id": lambda corner, patient_id, number: NoteTemplate(
        clinic_id=corner.clinic.id, provider_id=corner.provider.id, name=uuid4().hex
    ),
    "room_kind_id": lambda corner, patient_id, number: RoomKind(clinic_id=corner.clinic.id, name=uuid4().hex),
    "room_id": lambda corner, patient_id, number: Room(
        clinic_id=corner.clinic.id, name=uuid4().hex, kind=RoomKind(clinic_id=corner.clinic.id, name=uuid4().hex)
    ),
    # Ended, since somebody has one of a kind at most; whoever's it is hears that it has ended already.
    "feed_id": lambda corner, patient_id, number: CalendarFeed(
        clinic_id=corner.clinic.id, patient_id=patient_id, user_id=corner.user.id, token_hash=uuid4().bytes,
        ended_at=datetime.now(UTC),
    ),
    "source_id": lambda corner, patient_id, number: BusySource(
        clinic_id=corner.clinic.id, provider_id=corner.provider.id, host="calendar.example", address_encrypted=b"x",
    ),
    **GIVEN,
    **HEALTH_ROWS,
    **PRESCRIBED,
    "passkey_id": lambda corner, patient_id, number: Passkey(
        user_id=corner.user.id, name="Key", credential_id=uuid4().bytes, public_key=b"x",
    ),
}  # fmt: skip


def lacking(rule, found):
    """Names in the rule's address that no case knows."""
    return set(rule.arguments) - set(PLAIN) - set(found)
