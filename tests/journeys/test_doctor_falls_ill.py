"""Dr Osei falls ill: leave is saved, the workbench proposes, one patient answers by link, one on the phone."""

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import offer_links
from clinic.models.offers import SlotOffer
from clinic.models.strandings import Stranding
from clinic.models.visits import Visit
from clinic.work.handlers import run


@pytest.fixture
def work(app, session, cast):
    """Let the worker do a job of the stranding that is there, and look at the database anew."""

    def do(job):
        session.rollback()
        (stranding,) = session.scalars(sa.select(Stranding)).all()
        run(app, job, {"clinic_id": str(cast.rose.id), "stranding_id": str(stranding.id)})
        session.enter(cast.scope)
        session.rollback()
        session.expire_all()

    return do


def link_of(session, patient):
    """The link in the message to the patient."""
    offer = session.scalars(sa.select(SlotOffer).where(SlotOffer.patient_id == patient.id)).one()
    return f"/o/{offer_links.token_of(offer)}"


def test_everybody_has_another_time_in_the_end(window, cast, session, work, way):
    cast.booked(cast.tomorrow_at(10))
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    day = cast.tomorrow_at(12).astimezone(ZoneInfo("Europe/London")).date().isoformat()

    amara = window(cast.amara, **way).go(f"/staff/providers/{cast.dr_osei.id}/blocks")
    amara.write("From", day)
    amara.write("Reason", "Illness")
    amara.press("Block the time")
    amara.sees("Visits that need another time")
    work("strandings.propose")

    amara.go("/staff/stranded")
    amara.click(amara.page.locator("table a").first)
    amara.sees("2 visits are affected")
    workbench = amara.page.url
    amara.look("stranded-workbench").press("Propose another time", role="link")
    amara.look("stranded-pick").go(workbench)
    amara.press("Send all 2 proposals")
    amara.sees("still have to be sent")
    work("strandings.send")

    maya = window(**way).go(link_of(session, cast.maya_patient))
    maya.sees("Nothing is changed yet")
    maya.look("offer-question").press("Yes, I take this time")
    maya.sees("Your visit is booked for this time")
    maya.look("offer-taken")

    amara.go(workbench).press("Says yes on the phone Tom Baker")
    amara.sees("Moved to the proposed time")
    session.rollback()
    session.expire_all()
    for visit in session.scalars(sa.select(Visit)):
        assert visit.starts_at.astimezone(ZoneInfo("Europe/London")).date().isoformat() != day
    amara.go("/staff/stranded").sees("Nobody is stranded")
