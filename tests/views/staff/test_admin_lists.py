"""The administrator's lists run as many statements for a large clinic as for a small one."""

from datetime import time, timedelta

import pytest

from clinic.db import now
from clinic.models.accounts import Membership, Role, User
from clinic.models.organizations import Location
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability, Slot, SlotKind, SlotStatus, VisitType
from tests.queries_counted import counted


def more(session, cast, numbers):
    """Fill the clinic with colleagues, doctors, types, places, hours and blocks over visits, one for each number."""
    mine = {"clinic_id": cast.rose.id}
    for n in numbers:
        user = User(first_name="Ann", last_name=f"Other {n}", email=f"{n}@rose.example")
        place, kind = Location(name=f"Place {n}", **mine), VisitType(name=f"Type {n}", minutes=10, **mine)
        session.add_all([user, place, kind])
        session.flush()
        doctor = Provider(display_name=f"Dr {n}", location_id=place.id, **mine)
        session.add_all([Membership(user_id=user.id, role=Role.SUPPORT, **mine), doctor])
        session.flush()
        begins = now() + timedelta(days=n + 1)
        block = {"starts_at": begins, "busy_from": begins, "ends_at": begins + timedelta(hours=1)}
        osei = {"provider_id": cast.dr_osei.id, **mine}
        session.add_all(
            [
                ProviderVisitType(provider_id=doctor.id, visit_type_id=kind.id, **mine),
                ProviderVisitType(visit_type_id=kind.id, **osei),
                Availability(weekday=n % 7, start_time=time(18, n), end_time=time(19), location_id=place.id, **osei),
                Slot(kind=SlotKind.BLOCKED, status=SlotStatus.BLOCKED, busy_until=block["ends_at"], **block, **osei),
            ]
        )
        cast.booked(begins.replace(hour=10, minute=0, second=0, microsecond=0))
    session.commit()


@pytest.mark.parametrize(
    ("endpoint", "of_doctor"),
    [("providers.index", False), ("colleagues.index", False), ("visit_types.index", False), ("locations.index", False),
     ("hours.index", True), ("blocks.index", True), ("providers.edit", True), ("providers.leaving", True)],
)  # fmt: skip
def test_a_list_runs_as_many_statements_whatever_its_length(app, ines, cast, session, endpoint, of_doctor):
    values = {"provider_id": cast.dr_osei.id} if of_doctor else {}
    session.rollback()

    def statements():
        with counted(app) as ran:
            assert ines.open(f"staff.{endpoint}", **values).status_code == 200
        return len(ran)

    # A list that shows a patient leaves an audit entry; one that shows nobody does not.
    more(session, cast, range(2))
    statements()
    before = statements()
    more(session, cast, range(2, 12))
    assert statements() == before
