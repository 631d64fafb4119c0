"""Whom patients themselves let see their record in the portal."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import connections
from clinic.actions.acting import Refused
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation


def invite(patient, *, by, email, until_on, token_hash):
    """Let a carer see one's record until a day at most a year ahead; only patients themselves may."""
    _only_oneself(object_session(patient), patient.id, by)
    return connections.invite(
        patient, by=by, email=email, relation=Relation.CARER, until_on=until_on, token_hash=token_hash
    )


def withdraw(link, *, by):
    """Take back an invitation to one's record that nobody has taken up."""
    _only_oneself(object_session(link), link.patient_id, by)
    return connections.withdraw(link, by=by)


def end(access, *, by):
    """End somebody's access to one's record at once; one's own the clinic alone ends."""
    _only_oneself(object_session(access), access.patient_id, by)
    if access.is_own:
        raise Refused("This is your own access. The clinic can end it.")
    return connections.end(access, by=by)


def _only_oneself(session, patient_id, by):
    own = sa.exists().where(
        PatientAccess.clinic_id == by.clinic_id, PatientAccess.patient_id == patient_id,
        PatientAccess.user_id == by.user_id, PatientAccess.relation == Relation.SELF, connections.LIVE,
    )  # fmt: skip
    if not session.scalar(sa.select(own)):
        raise Refused("Only patients themselves decide who sees their record.")
