"""Jobs about held times."""

import sqlalchemy as sa

from clinic.actions import holds
from clinic.models.organizations import Clinic
from clinic.scope import Scope
from clinic.work.handlers import handles


# Four times a minute: where two workers die over it, one after the other, the third is still done within one.
@handles("holds.sweep", cron="* * * * * */15")
def sweep(session, *, by):
    """Remove the expired holds of every clinic; nothing depends on it but the size of the table."""
    for clinic_id in session.scalars(sa.select(Clinic.id)).all():
        session.enter(Scope.staff(clinic_id))
        holds.sweep(session, clinic_id)
