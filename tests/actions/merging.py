"""Merging for tests: two records of one person made one by the administrator."""

from clinic.actions import patient_merges

WHY = "The same identity card, seen at the desk"


def merged(session, cast, patient, other):
    """The two made one; the merge."""
    done = patient_merges.merge(patient, other, WHY, by=cast.ines.actor)
    session.commit()
    session.expire_all()
    return done
