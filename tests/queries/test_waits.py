"""How long somebody is told to wait, out of which visits, and how true it was."""

from datetime import timedelta

from clinic.actions import visits
from clinic.queries import waits
from tests.waiting import appointed, walked_in, were_seen


def test_out_of_nine_visits_nothing_is_said_out_of_ten_a_range(session, cast):
    were_seen(session, cast, 9)
    visit = appointed(session, cast, "Ada Byron")
    assert (visit.wait_low, visit.wait_high, visit.expected_until) == (None, None, None)
    were_seen(session, cast, 1, minutes=29)
    visit = appointed(session, cast, "Grace Hopper")
    assert (visit.wait_low, visit.wait_high) == (20, 30)
    assert visit.expected_until - visit.checked_in_at == timedelta(minutes=30)


def test_another_doctor_another_type_and_walk_ins_are_not_compared(session, cast):
    were_seen(session, cast, 10)
    lind = appointed(session, cast, "Ada Byron", provider=cast.dr_lind)
    follow_up = appointed(session, cast, "Grace Hopper", visit_type=cast.follow_up)
    walk_in = walked_in(session, cast, "Mary Shelley", provider_id=cast.dr_osei.id)
    assert {visit.wait_high for visit in (lind, follow_up, walk_in)} == {None}


def test_what_was_told_is_kept_beside_what_happened(session, cast):
    were_seen(session, cast, 10)
    for minutes, name in ((25, "As Told"), (1, "Sooner"), (90, "Much Later")):
        visits.start(appointed(session, cast, name, minutes), by=cast.osei.actor)
    session.flush()
    (truth,) = waits.how_true(session, cast.rose.id)
    assert (truth.doctor, truth.visits, truth.within, truth.shorter, truth.longer) == ("Dr Kwame Osei", 3, 1, 1, 1)
    assert (truth.share_within, truth.waited) == (33, 25)
