"""Noting that somebody looks at a record in the portal, so that next time they are told what is new since."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

# Pages opened one after another are one look; after such a pause it is another one.
PAUSE = "30 minutes"
# Who opens page after page need not be written down with every one.
OFTEN_ENOUGH = "1 minute"
LOOK = sa.text(
    f"""UPDATE patient_access
   SET looked_before_at = CASE WHEN looked_at < now() - interval '{PAUSE}' THEN looked_at ELSE looked_before_at END,
       looked_at = now()
 WHERE clinic_id = :clinic_id AND user_id = :user_id AND patient_id = ANY (:patient_ids)
   AND (looked_at IS NULL OR looked_at < now() - interval '{OFTEN_ENOUGH}')"""
).bindparams(sa.bindparam("patient_ids", type_=ARRAY(sa.Uuid())))


def look(session, *, by):
    """Note that the person looks at the records they see; it is no deed of theirs and leaves no entry of its own."""
    if by.patient_ids:
        facts = {"clinic_id": by.clinic_id, "user_id": by.user_id, "patient_ids": sorted(by.patient_ids)}
        session.connection().execute(LOOK, facts)
