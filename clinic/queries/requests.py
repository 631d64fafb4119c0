"""What the desk and the patient see of visits that were asked for: the board, one request, what waits for an answer."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.offers import OfferStatus, SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.people import Severity
from clinic.models.requests import OPEN, OPEN_SQL, RequestEvent, RequestEventKind, RequestStatus, VisitRequest
from clinic.models.visits import Visit, VisitStatus

PAGE = 100
MINUTES_SETTING, SOUND_SETTING, HOLD_SETTING = "request_minutes", "request_sound", "request_hold_hours"
# Until the desk has looked at a request nobody knows how urgent it is.
UNSEEN = "new"
MINUTES = {UNSEEN: 60, Severity.RED: 15, Severity.ORANGE: 60, Severity.YELLOW: 240, Severity.GREEN: 1440}
HOLD_HOURS = 12
NOT_LOOKED_AT = 2
# The most urgent first, and a red one above what nobody has looked at; of those alike, who is owed an answer first.
RANK = sa.case(
    (VisitRequest.severity == Severity.RED, 0), (VisitRequest.severity == Severity.ORANGE, 1),
    (VisitRequest.severity.is_(None), NOT_LOOKED_AT), (VisitRequest.severity == Severity.YELLOW, 3), else_=4,
)  # fmt: skip
# A visit that was asked for with its time stands with the requests nobody has looked at yet: nobody has judged it.
ASKED_FOR = (Visit.status == VisitStatus.REQUESTED, Visit.starts_at > sa.func.now())
LATE = sa.and_(VisitRequest.status.in_(OPEN[:2]), VisitRequest.answer_by < sa.func.now())
LATE_VISIT = Visit.answer_by < sa.func.now()
# What last became of a request: looked at, proposed, or what came of the proposal. Who looks after it changes nothing.
LAST = """SELECT e.kind, e.changed_by_id FROM request_events AS e
   WHERE e.clinic_id = r.clinic_id AND e.request_id = r.id
     AND e.kind IN ('triaged', 'proposed', 'declined', 'lapsed', 'withdrawn')
   ORDER BY e.created_at DESC, e.id DESC LIMIT 1"""
# A proposal came to nothing and the desk, which took nothing back itself, owes the next word again.
IS_BACK = "(l.kind IN ('declined', 'lapsed') OR (l.kind = 'withdrawn' AND l.changed_by_id IS NULL))"
# Asked for every page of the desk, so it is one statement: few are open at any moment, and they have an index.
WAITING = sa.text(
    f"""SELECT count(*) FILTER (WHERE status = 'new' OR (status = 'triaged' AND (answer_by < now() OR {IS_BACK})))
       + (SELECT count(*) FROM visits AS v
           WHERE v.clinic_id = :clinic_id AND v.status = 'requested' AND v.starts_at > now()) AS unseen,
       count(*) FILTER (WHERE severity = 'red' AND owner_id IS NULL) AS many,
       min(created_at) FILTER (WHERE severity = 'red' AND owner_id IS NULL) AS since
  FROM visit_requests AS r LEFT JOIN LATERAL ({LAST}) AS l ON r.status = 'triaged'
 WHERE clinic_id = :clinic_id AND {OPEN_SQL}"""
)
CAME_BACK = sa.text(
    f"""SELECT r.id, l.kind FROM visit_requests AS r JOIN LATERAL ({LAST}) AS l ON {IS_BACK}
 WHERE r.clinic_id = :clinic_id AND r.status = 'triaged'"""
)


@dataclass(frozen=True, slots=True)
class Rules:
    """A clinic's rules about requests: minutes within which it answers, whether a red one makes a sound, and how long
    a proposed time is kept."""

    minutes: dict
    has_sound: bool
    hold: timedelta

    def within(self, severity):
        """How soon a request of this severity is answered; None for one nobody has looked at yet."""
        return timedelta(minutes=self.minutes[severity or UNSEEN])


def rules_in(settings) -> Rules:
    """The rules out of a clinic's settings, with the product's own where the clinic has said nothing."""
    kept = settings.get(MINUTES_SETTING) or {}
    minutes = {name: kept.get(str(name), usual) for name, usual in MINUTES.items()}
    return Rules(minutes, bool(settings.get(SOUND_SETTING)), timedelta(hours=settings.get(HOLD_SETTING, HOLD_HOURS)))


def rules(session, clinic_id) -> Rules:
    """The clinic's rules about requests."""
    return rules_in(session.scalar(sa.select(Clinic.settings).where(Clinic.id == clinic_id)) or {})


def waiting(session, clinic_id):
    """How many requests wait for the desk to look (``unseen``): new, late, back from a proposal, or visits asked for
    with their time; how many red ones nobody has taken (``many``), and since when."""
    return session.connection().execute(WAITING, {"clinic_id": clinic_id}).one()


def came_back(session, clinic_id):
    """What came of the proposals to those who have no other yet: the last event's kind by the request's id."""
    rows = session.connection().execute(CAME_BACK, {"clinic_id": clinic_id})
    return {row.id: RequestEventKind(row.kind) for row in rows}


def board(session, number, *, owner_id=None, overdue=False):
    """One page of what is asked for and one row more, the most urgent first, with what its lines show.

    Open requests, and visits that were asked for with their time; those are nobody's own.
    """
    wanted = sa.select(VisitRequest.id, RANK.label("rank"), VisitRequest.answer_by).where(VisitRequest.status.in_(OPEN))
    visits = sa.select(Visit.id, sa.literal(NOT_LOOKED_AT).label("rank"), Visit.answer_by).where(*ASKED_FOR)
    if owner_id:
        wanted, visits = wanted.where(VisitRequest.owner_id == owner_id), visits.where(sa.false())
    if overdue:
        wanted, visits = wanted.where(LATE), visits.where(LATE_VISIT)
    page = sa.union_all(wanted, visits).order_by("rank", "answer_by", "id")
    ids = session.scalars(page.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    found = {row.id: row for kind, shown in ((VisitRequest, SHOWN), (Visit, VISIT_SHOWN))
             for row in session.scalars(sa.select(kind).where(kind.id.in_(ids)).options(*shown))}  # fmt: skip
    return [found[each] for each in ids]


def counts(session, user_id):
    """How many requests are open, overdue, and this person's own; visits asked for with their time among them."""
    many, visits = sa.func.count(), sa.select(sa.func.count()).where(*ASKED_FOR)
    return session.execute(
        sa.select(
            (many + visits.scalar_subquery()).label("open"),
            (many.filter(LATE) + visits.where(LATE_VISIT).scalar_subquery()).label("overdue"),
            many.filter(VisitRequest.owner_id == user_id).label("own"),
        ).where(VisitRequest.status.in_(OPEN))
    ).one()


SHOWN = (
    joinedload(VisitRequest.patient), joinedload(VisitRequest.owner), joinedload(VisitRequest.provider),
    joinedload(VisitRequest.visit_type),
)  # fmt: skip
VISIT_SHOWN = (joinedload(Visit.patient), joinedload(Visit.provider), joinedload(Visit.visit_type))


def request_of(session, request_id):
    """One request with what its page shows, or None where it is not in reach."""
    return session.scalars(sa.select(VisitRequest).where(VisitRequest.id == request_id).options(*SHOWN)).one_or_none()


def history_of(session, request):
    """Everything that happened to the request, the newest first, with who did it."""
    events = sa.select(RequestEvent).where(RequestEvent.request_id == request.id)
    events = events.options(joinedload(RequestEvent.changed_by))
    return session.scalars(events.order_by(RequestEvent.created_at.desc(), RequestEvent.id.desc())).all()


def last_event(session, request):
    """What happened to the request last."""
    events = sa.select(RequestEvent).where(RequestEvent.request_id == request.id)
    return session.scalars(events.order_by(RequestEvent.created_at.desc(), RequestEvent.id.desc()).limit(1)).first()


def live_offer(session, request):
    """The time that is kept for the patient right now, or None."""
    if request.status != RequestStatus.AWAITING:
        return None
    offers = sa.select(SlotOffer).where(
        SlotOffer.request_id == request.id, SlotOffer.status.in_((OfferStatus.PREPARED, OfferStatus.SENT))
    )
    return session.scalars(offers.options(joinedload(SlotOffer.provider))).first()


def count_open(session, patient_id):
    """How many requests of the patient are open."""
    open_ones = sa.select(sa.func.count()).where(VisitRequest.patient_id == patient_id, VisitRequest.status.in_(OPEN))
    return session.scalar(open_ones)


def requests_of_patients(session, patient_ids=None, most=20):
    """The requests in reach of a patient that are still open, the newest first."""
    found = sa.select(VisitRequest).where(VisitRequest.status.in_(OPEN)).options(*SHOWN)
    if patient_ids is not None:
        found = found.where(VisitRequest.patient_id.in_(patient_ids))
    return session.scalars(found.order_by(VisitRequest.created_at.desc(), VisitRequest.id.desc()).limit(most)).all()
