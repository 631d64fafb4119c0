"""Jobs about merged records: fetching what was written at the very moment of a merge."""

import sqlalchemy as sa

from clinic.actions import patient_merges
from clinic.models.patient_merges import PatientMerge
from clinic.work.handlers import handles


@handles(patient_merges.SWEEP)
def sweep(session, *, by, merge_id):
    """Fetch what came to the record that went; a second run finds nothing."""
    merge = session.scalars(sa.select(PatientMerge).where(PatientMerge.id == merge_id)).one_or_none()
    if merge and merge.is_in_force:
        patient_merges.sweep(merge, by=by)
