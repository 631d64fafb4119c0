"""What tests of a visit's link share: a visit about something private, its link, and who proved themselves."""

import re
from datetime import timedelta
from html import unescape

import sqlalchemy as sa

from clinic.actions import visit_links
from clinic.db import now
from clinic.models.visits import Visit

BORN, WRONG = "12/04/1990", "13/04/1990"
WORD = "Zanzibar-fever"


def mayas_visit(cast):
    """Maya's visit with Dr Osei in two days, about something private."""
    return cast.booked(cast.tomorrow_at(11, days=2), patient=cast.maya_patient, reason=WORD)


def path_of(session, visit, cast):
    """The path of the visit's link."""
    address = visit_links.address(session, visit, by=cast.amara.actor)
    session.commit()
    return address[address.index("/v/") :]


def proved(visitor, link, born=BORN):
    """The browser, on which the date of birth was given."""
    assert visitor.send(f"{link}/birth", {"date_of_birth": born}).status_code == 303
    return visitor


def asks_by_itself(page):
    """The address at which the page asks every few seconds whether anything is new."""
    return unescape(re.search(r'hx-get="([^"]*/status[^"]*)"', page.text).group(1))


def again(session, cast, visit):
    """The visit as it is now."""
    session.rollback()
    session.enter(cast.scope)
    session.expire_all()
    return session.get(Visit, (cast.rose.id, visit.id))


def soon(session, visit, minutes):
    """Let the visit begin in so many minutes."""
    starts = now() + timedelta(minutes=minutes)
    session.execute(
        sa.text(
            """WITH moved AS (UPDATE slots SET starts_at = :a, ends_at = :b, busy_from = :a, busy_until = :b
                              WHERE id = :s)
               UPDATE visits SET starts_at = :a, ends_at = :b WHERE id = :v"""
        ),
        {"a": starts, "b": starts + timedelta(minutes=20), "s": visit.slot_id, "v": visit.id},
    )
    session.commit()
