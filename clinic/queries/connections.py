"""Who sees a record in the portal, who was invited to, and sign-ups beside the records that look like theirs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from clinic.models.accounts import TokenPurpose, UserToken
from clinic.models.patients import Patient, PatientAccess

ON_A_PAGE = 10
MOST_ALIKE = 5
# How many sign-ups nobody has looked at.
COUNT = sa.text(
    """SELECT count(*) FROM (
        SELECT 1 FROM patients AS p
         WHERE p.clinic_id = :clinic_id AND p.signed_up_at IS NOT NULL AND p.sign_up_seen_at IS NULL
           AND p.deleted_at IS NULL LIMIT :many) AS sign_ups"""
)

# A record looks like the sign-up's by the date of birth, the phone number, the email, or every word of the name; what
# fits best comes first. Each way has its index; of a common name only so many are weighed.
SIGN_UPS = sa.text(
    """WITH waiting AS (
        SELECT p.id, p.full_name, p.date_of_birth, p.phone, p.email, p.mrn, p.signed_up_at FROM patients AS p
         WHERE p.clinic_id = :clinic_id AND p.signed_up_at IS NOT NULL AND p.sign_up_seen_at IS NULL
           AND p.deleted_at IS NULL
         ORDER BY p.signed_up_at, p.id LIMIT :size OFFSET :skipped
    )
    SELECT w.id, w.full_name, w.date_of_birth, w.phone, w.email, w.mrn, w.signed_up_at, k.id AS known_id,
           k.full_name AS known_name, k.date_of_birth AS known_born, k.phone AS known_phone, k.email AS known_email,
           k.mrn AS known_mrn, k.seen_as
      FROM waiting AS w
      LEFT JOIN LATERAL (
        SELECT p.id, p.full_name, p.date_of_birth, p.phone, p.email, p.mrn, alike.points,
               (SELECT min(u.email) FROM patient_access AS a JOIN users AS u ON u.id = a.user_id
                 WHERE a.clinic_id = :clinic_id AND a.patient_id = p.id AND a.relation = 'self'
                   AND (a.until IS NULL OR a.until > now())) AS seen_as
          FROM (
            SELECT found.patient_id, sum(found.points) AS points FROM (
                (SELECT b.id AS patient_id, 3 AS points FROM patients AS b
                  WHERE b.clinic_id = :clinic_id AND b.date_of_birth = w.date_of_birth LIMIT 200)
                UNION ALL
                (SELECT e.id, 4 FROM patients AS e WHERE e.clinic_id = :clinic_id AND e.email = w.email LIMIT 200)
                UNION ALL
                (SELECT same.patient_id, 4 FROM patient_words AS own
                   JOIN patient_words AS same ON same.clinic_id = own.clinic_id AND same.word = own.word
                  WHERE own.clinic_id = :clinic_id AND own.patient_id = w.id AND starts_with(own.word, '#') LIMIT 200)
                UNION ALL
                (SELECT same.patient_id, 2 FROM patient_words AS own
                   JOIN patient_words AS same ON same.clinic_id = own.clinic_id AND same.word = own.word
                  WHERE own.clinic_id = :clinic_id AND own.patient_id = w.id AND NOT starts_with(own.word, '#')
                    AND NOT starts_with(own.word, '=')
                  GROUP BY same.patient_id
                 HAVING count(*) = (SELECT count(*) FROM patient_words AS n
                                     WHERE n.clinic_id = :clinic_id AND n.patient_id = w.id
                                       AND NOT starts_with(n.word, '#') AND NOT starts_with(n.word, '='))
                  LIMIT 200)
            ) AS found WHERE found.patient_id <> w.id GROUP BY found.patient_id
          ) AS alike
          JOIN patients AS p ON p.clinic_id = :clinic_id AND p.id = alike.patient_id
         WHERE p.deleted_at IS NULL AND p.merged_into_id IS NULL AND p.erased_at IS NULL
         ORDER BY alike.points DESC, p.created_at, p.id LIMIT :most
      ) AS k ON true
     ORDER BY w.signed_up_at, w.id, k.points DESC, k.id"""
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A record that may be of the same person; ``seen_as`` is the address the patient sees it with in the portal."""

    id: UUID
    full_name: str
    date_of_birth: date | None
    phone: str | None
    email: str | None
    mrn: str
    seen_as: str | None


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody who made a record themselves, and the records that look like it."""

    id: UUID
    full_name: str
    date_of_birth: date | None
    phone: str | None
    email: str | None
    mrn: str
    signed_up_at: datetime
    alike: list


def sign_ups(session, clinic_id, number=1, size=ON_A_PAGE):
    """One page of the sign-ups nobody has looked at, oldest first, and one more where there is a next page."""
    facts = {"clinic_id": clinic_id, "size": size + 1, "skipped": (number - 1) * size, "most": MOST_ALIKE}
    found = {}
    for row in session.connection().execute(SIGN_UPS, facts):
        sign_up = found.setdefault(row.id, SignUp(*row[:7], []))
        if row.known_id:
            sign_up.alike.append(Alike(*row[7:]))
    return list(found.values())


def invitations(session, patient):
    """The open invitations to see the patient's record, newest first; the two links of one stand as one."""
    links = session.scalars(
        sa.select(UserToken)
        .where(
            UserToken.clinic_id == patient.clinic_id, UserToken.patient_id == patient.id,
            UserToken.purpose == TokenPurpose.CONNECT_PATIENT, UserToken.used_at.is_(None),
            UserToken.expires_at > sa.func.now(),
        )
        .order_by(UserToken.created_at.desc(), UserToken.id)
    ).all()  # fmt: skip
    return list({link.new_email: link for link in reversed(links)}.values())[::-1]


def access_of(session, user_id, patient_ids):
    """As what, and until when, somebody sees these patients' records now, by the patient's name."""
    return session.scalars(
        sa.select(PatientAccess)
        .join(PatientAccess.patient)
        .where(PatientAccess.user_id == user_id, PatientAccess.patient_id.in_(patient_ids))
        .options(sa.orm.contains_eager(PatientAccess.patient))
        .order_by(Patient.full_name)
    ).all()
