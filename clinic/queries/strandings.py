"""The stranded-patients workbench: the visits of a change by how far they are, most urgent first, and their counts."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from clinic.db import Choice, now, word
from clinic.models.strandings import StrandedVisit
from clinic.queries.blocks import MOVABLE
from clinic.queries.places import AT

PAGE = 50
# Changes older than this are looked at by nobody any more.
REMEMBERED = timedelta(days=400)


class Stage(Choice):
    """Where a stranded visit is on its way."""

    LOOKING = "looking", word("Looking for a time")
    READY = "ready", word("To send")
    ASKED = "asked", word("Waiting for an answer")
    CALL = "call", word("To call")
    DONE = "done", word("Settled")


class Why(Choice):
    """Why a patient is to be called."""

    NOTHING = "nothing", word("No open time was found")
    OFFERED = "offered", word("Another time is offered to them at the moment")
    SKIPPED = "skipped", word("Left to a call")
    DECLINED = "declined", word("The time did not suit")
    LAPSED = "lapsed", word("No answer in time")
    NOT_ASKED = "not_asked", word("They could not be asked in time")
    WITHDRAWN = "withdrawn", word("The proposal was taken back")
    NOT_REACHED = "not_reached", word("No message reaches them")
    UNANSWERED = "unanswered", word("No answer yet")


# The changes ``g`` that took visit ``v`` the time it has from the doctor it is with: it cannot take place then. One
# that has moved since, to another time or to another doctor, is stranded no more.
TOOK_ITS_TIME = """FROM stranded_visits AS r
          JOIN strandings AS g ON g.clinic_id = r.clinic_id AND g.id = r.stranding_id
         WHERE r.clinic_id = v.clinic_id AND r.visit_id = v.id AND r.starts_at = v.starts_at AND g.undone_at IS NULL
           AND coalesce(g.provider_id = v.provider_id, true)"""
IS_STRANDED = f"EXISTS (SELECT 1 {TOOK_ITS_TIME})"
# What the ledger says of a message that nobody read: the patient is reached by phone, or not at all.
NOT_REACHED = """EXISTS (SELECT 1 FROM notifications AS n WHERE n.clinic_id = r.clinic_id AND n.offer_id = r.offer_id
                            AND n.state IN ('call', 'failed', 'unclear'))"""
# Half of the time from the sending to the former visit is over: whoever has not answered is called before they set out,
# though their answer may come yet. Asked after it would have begun, nobody sets out any more.
UNANSWERED = "(o.sent_at < r.starts_at AND o.sent_at + (r.starts_at - o.sent_at) / 2 <= now())"
# Whether the next word is the patient's: a proposal was sent, reaches them, and can still be answered in good time.
ASKED = f"(coalesce(o.status = 'sent' AND o.until > now() AND NOT {UNANSWERED}, false) AND NOT {NOT_REACHED})"
# Whether the patient heard of the proposal at all before it ended.
IS_ASKED = """EXISTS (SELECT 1 FROM notifications AS n WHERE n.clinic_id = r.clinic_id AND n.offer_id = r.offer_id
                         AND (n.state IN ('sending', 'sent', 'delivered', 'unclear') OR n.desk_done_at IS NOT NULL))"""
# Nobody is asked about two things at once: what a request brought is answered first.
OFFERED = """EXISTS (SELECT 1 FROM slot_offers AS x WHERE x.clinic_id = v.clinic_id AND x.patient_id = v.patient_id
                        AND x.status IN ('prepared', 'sent') AND x.purpose <> 'stranded' AND x.until > :now)"""
# Whether visit ``v`` is at another place than the one it had before the doctor's hours changed.
IS_ELSEWHERE = f"""(v.visit_mode = 'in_person'
        AND coalesce({AT.format(v="v")} <> CAST(g.former #>> ARRAY['places', v.id::text] AS uuid), false))"""
STAGES = f"""
SELECT r.id, r.visit_id, r.offer_id, r.starts_at, r.is_urgent, r.called_at, r.status AS row_status,
       o.status AS offer_status, o.until, o.starts_at AS new_starts_at, o.provider_id AS new_provider_id,
       v.patient_id, v.provider_id, v.visit_type_id, v.starts_at AS now_starts_at, v.status AS visit_status,
       {IS_ELSEWHERE} AS is_elsewhere,
       CASE WHEN NOT v.status = ANY(:movable) OR v.starts_at <> r.starts_at OR v.provider_id <> g.provider_id
                 OR o.status = 'accepted' THEN 'done'
            WHEN r.status = 'waiting' THEN 'looking'
            WHEN r.status <> 'proposed' THEN 'call'
            WHEN o.status = 'prepared' AND o.until > :now THEN 'ready'
            WHEN {ASKED} THEN 'asked'
            ELSE 'call' END AS stage,
       CASE WHEN r.status = 'nothing' AND {OFFERED} THEN 'offered'
            WHEN r.status IN ('nothing', 'skipped') THEN r.status
            WHEN o.status IN ('declined', 'withdrawn') THEN o.status
            WHEN o.status IN ('lapsed', 'prepared') OR o.until <= :now
            THEN CASE WHEN {IS_ASKED} THEN 'lapsed' ELSE 'not_asked' END
            WHEN {NOT_REACHED} THEN 'not_reached' ELSE 'unanswered' END AS why
  FROM stranded_visits AS r
  JOIN strandings AS g ON g.clinic_id = r.clinic_id AND g.id = r.stranding_id
  JOIN visits AS v ON v.clinic_id = r.clinic_id AND v.id = r.visit_id
  LEFT JOIN slot_offers AS o ON o.clinic_id = r.clinic_id AND o.id = r.offer_id
 WHERE r.clinic_id = :clinic_id AND r.stranding_id = :stranding_id
"""
COUNTS = sa.text(f"SELECT stage, count(*) FROM ({STAGES}) AS rows GROUP BY stage")
ROWS = sa.text(
    f"""SELECT rows.*, p.full_name, p.phone, p.allergies, d.display_name AS doctor, nd.display_name AS new_doctor,
       t.name AS visit_type,
       ARRAY(SELECT g.tag FROM patient_tags AS g WHERE g.clinic_id = p.clinic_id AND g.patient_id = p.id
                AND g.kind = 'flag' ORDER BY g.tag) AS flags,
       ARRAY(SELECT g.tag FROM patient_tags AS g WHERE g.clinic_id = p.clinic_id AND g.patient_id = p.id
                AND g.kind = 'tag' ORDER BY g.tag) AS tags
  FROM ({STAGES}) AS rows
  JOIN patients AS p ON p.clinic_id = :clinic_id AND p.id = rows.patient_id
  LEFT JOIN providers AS d ON d.clinic_id = :clinic_id AND d.id = rows.provider_id
  LEFT JOIN providers AS nd ON nd.clinic_id = :clinic_id AND nd.id = rows.new_provider_id
  LEFT JOIN visit_types AS t ON t.clinic_id = :clinic_id AND t.id = rows.visit_type_id
 WHERE CAST(:stage AS text) IS NULL OR rows.stage = :stage
 ORDER BY rows.stage = 'done', rows.is_urgent DESC, rows.starts_at, rows.id
 LIMIT :most OFFSET :skip"""
)
OPEN = sa.text(
    f"""SELECT g.id, g.cause, g.provider_id, g.starts_at, g.ends_at, g.created_at, d.display_name AS doctor,
              c.title, k.many, k.asked, k.first_at
         FROM strandings AS g
         LEFT JOIN providers AS d ON d.clinic_id = g.clinic_id AND d.id = g.provider_id
         LEFT JOIN closures AS c ON c.clinic_id = g.clinic_id AND c.id = g.closure_id
        CROSS JOIN LATERAL (
              SELECT count(*) AS many, count(*) FILTER (WHERE {ASKED}) AS asked, min(v.starts_at) AS first_at
                FROM stranded_visits AS r
                JOIN visits AS v ON v.clinic_id = r.clinic_id AND v.id = r.visit_id
                LEFT JOIN slot_offers AS o ON o.clinic_id = r.clinic_id AND o.id = r.offer_id
               WHERE r.clinic_id = g.clinic_id AND r.stranding_id = g.id AND v.starts_at = r.starts_at
                 AND coalesce(v.provider_id = g.provider_id, true) AND v.status = ANY(:movable)
                 AND v.ends_at > :now) AS k
        WHERE g.clinic_id = :clinic_id AND g.undone_at IS NULL AND g.created_at > :since AND k.many > 0
          AND (CAST(:own_id AS uuid) IS NULL OR g.provider_id = CAST(:own_id AS uuid))
        ORDER BY k.first_at, g.id LIMIT :most"""
)

# How many visits to come wait for the desk, which finds a time, asks or calls; not those whose answer it waits for.
COUNT = sa.text(
    f"""SELECT count(*) FROM (
        SELECT 1 FROM strandings AS g
          JOIN stranded_visits AS r ON r.clinic_id = g.clinic_id AND r.stranding_id = g.id
          JOIN visits AS v ON v.clinic_id = r.clinic_id AND v.id = r.visit_id
          LEFT JOIN slot_offers AS o ON o.clinic_id = r.clinic_id AND o.id = r.offer_id
         WHERE g.clinic_id = :clinic_id AND g.undone_at IS NULL
           AND g.created_at > now() - interval '{REMEMBERED.days} days' AND coalesce(g.ends_at > now(), true)
           AND r.starts_at > now() AND v.starts_at = r.starts_at AND coalesce(v.provider_id = g.provider_id, true)
           AND v.status IN ({", ".join(f"'{each.value}'" for each in MOVABLE)})
           AND NOT {ASKED}
         LIMIT :many) AS visits"""
)
# The last change that took its time from visit ``v``.
STRANDING = sa.text(
    f"""SELECT (SELECT g.id {TOOK_ITS_TIME} ORDER BY g.created_at DESC, g.id DESC LIMIT 1)
          FROM visits AS v WHERE v.clinic_id = :clinic_id AND v.id = :visit_id"""
)
STRANDED = sa.text(
    f"SELECT EXISTS (SELECT 1 FROM visits AS v WHERE v.clinic_id = :clinic_id AND v.id = :visit_id AND {IS_STRANDED})"
)
STRANDED_AMONG = sa.text(
    f"SELECT v.id FROM visits AS v WHERE v.clinic_id = :clinic_id AND v.id = ANY(:visit_ids) AND {IS_STRANDED}"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many visits are at each stage."""

    by_stage: dict

    @property
    def total(self):
        """All of them."""
        return sum(self.by_stage.values())

    def of(self, stage):
        """How many are at this stage."""
        return self.by_stage.get(stage, 0)


def counts(session, stranding) -> Counts:
    """How many of the stranding's visits are at each stage; one statement."""
    rows = session.connection().execute(COUNTS, _asked(stranding)).all()
    return Counts({Stage(stage): many for stage, many in rows})


def visits(session, stranding, stage=None, number=1):
    """One page of the stranding's visits, urgent and soonest first, and one more if there is another page."""
    page = {"stage": stage, "most": PAGE + 1, "skip": (number - 1) * PAGE}
    return session.connection().execute(ROWS, {**_asked(stranding), **page}).all()


def open_ones(session, clinic_id, since, own_id=None, most=100):
    """The changes made since then, of one doctor where one is named, whose visits still need a time, soonest first."""
    facts = {"clinic_id": clinic_id, "movable": [each.value for each in MOVABLE], "now": now()}
    return session.connection().execute(OPEN, {**facts, "since": since, "own_id": own_id, "most": most}).all()


def is_answered(session, stranding) -> bool:
    """Whether a patient has answered, or a visit has another time or an end already."""
    answered = f"""SELECT EXISTS (SELECT 1 FROM ({STAGES}) AS rows
                    WHERE stage = 'done' OR offer_status IN ('accepted', 'declined'))"""
    return session.connection().execute(sa.text(answered), _asked(stranding)).scalar()


def is_stranded(session, visit) -> bool:
    """Whether the visit cannot take place at the time it has."""
    facts = {"clinic_id": visit.clinic_id, "visit_id": visit.id}
    return session.connection().execute(STRANDED, facts).scalar()


def stranded_among(session, visits) -> set:
    """The ids of those of these visits of one clinic that cannot take place at the time they have; one statement."""
    if not visits:
        return set()
    facts = {"clinic_id": visits[0].clinic_id, "visit_ids": [visit.id for visit in visits]}
    return set(session.connection().execute(STRANDED_AMONG, facts).scalars())


def stranding_of(session, visit):
    """The id of the change that took the visit the time it has, or None."""
    if visit.status not in MOVABLE:
        return None
    facts = {"clinic_id": visit.clinic_id, "visit_id": visit.id}
    return session.connection().execute(STRANDING, facts).scalar()


def row(session, stranding_id, row_id) -> StrandedVisit | None:
    """One visit of the stranding."""
    return session.scalars(
        sa.select(StrandedVisit).where(StrandedVisit.id == row_id, StrandedVisit.stranding_id == stranding_id)
    ).one_or_none()


def _asked(stranding):
    return {
        "clinic_id": stranding.clinic_id, "stranding_id": stranding.id, "now": now(),
        "movable": [each.value for each in MOVABLE],
    }  # fmt: skip
