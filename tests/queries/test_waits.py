"""How long somebody is told to wait, out of which visits, and how true it was."""

from datetime import timedelta

from clinic.actions import visits
from clinic.db import now
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


def test_who_comes_early_is_told_from_their_own_time_on_and_walk_ins_from_the_door(session, cast):
    were_seen(session, cast, 10, minutes=5)
    visit = cast.booked(now() + timedelta(minutes=59), overbook="Whatever the hour of the test")
    visits.check_in(visit, by=cast.amara.actor)
    assert (visit.wait_low, visit.wait_high) == (5, 15)
    assert visit.expected_from == visit.starts_at + timedelta(minutes=5)
    assert visit.expected_until == visit.starts_at + timedelta(minutes=15)
    late = appointed(session, cast, "Came Late")
    assert late.expected_from == max(late.checked_in_at, late.starts_at) + timedelta(minutes=5)
    walk_in = walked_in(session, cast, "Mary Shelley", 3)
    walk_in.wait_low = walk_in.wait_high = 10
    assert walk_in.expected_from == walk_in.checked_in_at + timedelta(minutes=10)


def test_how_early_somebody_came_is_no_part_of_how_long_the_next_wait(session, cast):
    for seen in were_seen(session, cast, 10, minutes=5):
        seen.checked_in_at -= timedelta(minutes=50)
    taken_early = were_seen(session, cast, 2, minutes=0, patient=cast.maya_patient)
    for seen in taken_early:
        seen.checked_in_at, seen.started_at = (seen.starts_at - timedelta(minutes=early) for early in (30, 20))
    session.commit()
    assert waits.expected(session, appointed(session, cast, "Ada Byron")) == (0, 15)


def test_another_doctor_another_type_and_walk_ins_are_not_compared(session, cast):
    were_seen(session, cast, 10)
    lind = appointed(session, cast, "Ada Byron", provider=cast.dr_lind)
    follow_up = appointed(session, cast, "Grace Hopper", visit_type=cast.follow_up)
    walk_in = walked_in(session, cast, "Mary Shelley", provider_id=cast.dr_osei.id)
    assert {visit.wait_high for visit in (lind, follow_up, walk_in)} == {None}


def test_who_came_early_waited_from_their_time_on_when_it_is_judged_how_true_it_was(session, cast):
    were_seen(session, cast, 10)
    early, taken_early = appointed(session, cast, "Came Early", 25), appointed(session, cast, "Taken Early", 60)
    for visit, minutes in ((early, 0), (taken_early, 30)):
        visits.start(visit, by=cast.osei.actor)
        visit.started_at -= timedelta(minutes=minutes)
    session.flush()
    (truth,) = waits.how_true(session, cast.rose.id)
    assert (truth.visits, truth.shorter, truth.waited) == (2, 2, 0)


def test_what_was_told_is_kept_beside_what_happened(session, cast):
    were_seen(session, cast, 10)
    for minutes, name in ((25, "As Told"), (1, "Sooner"), (90, "Much Later")):
        visit = appointed(session, cast, name, minutes)
        visits.start(visit, by=cast.osei.actor)
        visit.starts_at = visit.checked_in_at
    session.flush()
    (truth,) = waits.how_true(session, cast.rose.id)
    assert (truth.doctor, truth.visits, truth.within, truth.shorter, truth.longer) == ("Dr Kwame Osei", 3, 1, 1, 1)
    assert (truth.share_within, truth.waited) == (33, 25)
