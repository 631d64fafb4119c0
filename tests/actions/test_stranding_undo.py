"""Taking back what stranded visits: as long as nobody has answered, times and hours are as before."""

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, closures, hours, offers, providers, stranding_offers, stranding_undo, strandings
from clinic.actions.acting import Refused
from clinic.models.closures import Closure
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import OfferStatus
from clinic.models.schedule import Availability, AvailabilityStatus, Slot, SlotKind
from clinic.models.strandings import Stranding
from clinic.models.visits import VisitStatus
from tests.actions.stranding import leave, send_all, work


@pytest.fixture
def ill(session, cast):
    """Dr Osei is ill tomorrow: Tom at ten and Maya at eleven are stranded; returns the stranding."""
    cast.booked(cast.tomorrow_at(10))
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    return leave(session, cast)


class TestUndo:
    def test_before_the_first_answer_everything_is_as_before(self, app, session, cast, ill):
        rows = send_all(app, session, cast, ill)
        stranding_undo.undo(ill, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert ill.undone_at and [row.offer.status for row in rows] == [OfferStatus.WITHDRAWN] * 2
        kinds = session.scalars(sa.select(Slot.kind)).all()
        assert kinds == [SlotKind.OPEN] * 2 and SlotKind.BLOCKED not in kinds
        told = sa.select(sa.func.count()).where(Notification.kind == NotificationKind.RESTORED)
        assert session.scalar(told) == 2
        with pytest.raises(Refused, match="already"):
            stranding_undo.undo(ill, by=cast.ines.actor)

    def test_who_had_only_asked_for_the_time_hears_that_it_is_kept_and_not_booked_yet(self, app, session, cast):
        booked = cast.booked(cast.tomorrow_at(10))
        asked = cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient, told=False)
        asked.status, asked.answer_by = VisitStatus.REQUESTED, cast.tomorrow_at(9)
        ill = leave(session, cast)
        send_all(app, session, cast, ill)
        stranding_undo.undo(ill, by=cast.ines.actor)
        session.commit()
        told = sa.select(Notification.visit_id, Notification.kind).where(
            Notification.kind.in_((NotificationKind.RESTORED, NotificationKind.REQUESTED))
        )
        assert set(session.execute(told)) == {
            (booked.id, NotificationKind.RESTORED), (asked.id, NotificationKind.REQUESTED),
        }  # fmt: skip

    def test_after_an_answer_it_is_refused(self, app, session, cast, ill):
        rows = send_all(app, session, cast, ill)
        offers.decline(rows[0].offer, by=cast.amara.actor)
        session.commit()
        with pytest.raises(Refused, match="has answered"):
            stranding_undo.undo(ill, by=cast.ines.actor)

    def test_removing_the_block_itself_withdraws_what_was_proposed(self, app, session, cast, ill):
        rows = work(app, session, ill)
        pieces = session.scalars(sa.select(Slot.id).where(Slot.kind == SlotKind.BLOCKED)).all()
        blocks.remove(cast.dr_osei, pieces, ill.starts_at, ill.ends_at, by=cast.ines.actor)
        session.commit()
        session.expire_all()
        assert ill.undone_at and not any(row.offer.is_live for row in rows)
        with pytest.raises(Refused, match="taken back"):
            stranding_offers.skip(rows[0], by=cast.amara.actor)
        assert leave(session, cast) is not None

    def test_hours_and_closures_and_doctors_come_back(self, session, cast):
        cast.booked(cast.tomorrow_at(16))
        weekday = (cast.tomorrow_at(12).weekday() + 1) % 7
        which = sa.select(Availability).where(
            Availability.provider_id == cast.dr_osei.id, Availability.weekday == weekday
        )  # fmt: skip
        row, by = session.scalars(which).one(), cast.ines.actor
        before, noon = (row.start_time, row.end_time, row.status), row.end_time.replace(hour=12)
        changes = (
            lambda: hours.update(session.scalars(which).one(), cast.dr_osei, by=by, end_time=noon),
            lambda: hours.pause(session.scalars(which).one(), cast.dr_osei, by=by),
            lambda: hours.remove(session.scalars(which).one(), cast.dr_osei, by=by),
            lambda: hours.add(session, cast.dr_osei, by=by, on_date=cast.tomorrow_at(12).date(),
                              start_time=before[0], end_time=noon),
            lambda: providers.deactivate(cast.dr_osei, by=by),
            lambda: closures.add(session, by=by, starts_at=cast.tomorrow_at(15), ends_at=cast.tomorrow_at(17),
                                 title="Training", provider_id=None, location_id=None),
        )  # fmt: skip
        for change in changes:
            change()
            session.commit()
            stranding_undo.undo(session.get(Stranding, (cast.rose.id, strandings.opened(session))), by=by)
            session.commit()
            session.expire_all()
            found = session.scalars(which).one()
            assert (found.start_time, found.end_time, found.status) == before
            assert cast.dr_osei.is_active and found.status == AvailabilityStatus.ACTIVE
            assert not session.scalars(sa.select(Availability).where(Availability.on_date.is_not(None))).all()
            assert not session.scalars(sa.select(Closure).where(Closure.removed_at.is_(None))).all()
