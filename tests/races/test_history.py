"""Many people at twenty times: one order of all they did explains what each of them was told."""

import pytest

from tests.races.history import FREE, FULL, GIVE, TAKE, Act, unexplained
from tests.races.stage import staged_on
from tests.races.tellers import Tellers

# `make races` has twice as many at it, for a minute.
CLIENTS, SECONDS = 15, 4


@pytest.mark.promise(5, "histories of holding, booking, moving, cancelling and looking are linearizable")
def test_one_order_explains_what_everybody_was_told(server, figure):
    with staged_on(server, CLIENTS, workers=2) as (stage, live, url):
        tellers = Tellers(stage, live, url, clients=CLIENTS)
        history = tellers.play(SECONDS)
        anomalies = list(history.anomalies())
    assert not anomalies and not tellers.odd
    kinds = {act.kind for acts in history.acts.values() for act in acts}
    assert kinds == {TAKE, GIVE, FULL, FREE}
    figure(f"{CLIENTS} browsers, {SECONDS} s, {len(history)} acts on {len(history.acts)} times, 0 anomalies")


class TestTheJudge:
    def test_two_who_both_got_the_only_seat_cannot_be_explained(self):
        assert unexplained([Act(TAKE, 0, 2), Act(TAKE, 1, 3)], 1)

    def test_the_same_two_can_where_one_gave_it_back_meanwhile(self):
        assert not unexplained([Act(TAKE, 0, 2), Act(GIVE, 1, 3), Act(TAKE, 1, 3)], 1)

    def test_who_is_refused_while_there_was_a_seat_all_the_time_cannot_be_explained(self):
        assert unexplained([Act(TAKE, 0, 1), Act(GIVE, 2, 3), Act(FULL, 4, 5)], 1)

    def test_a_page_that_shows_what_is_gone_since_before_it_was_asked_for_cannot_be_explained(self):
        assert unexplained([Act(TAKE, 0, 1), Act(FREE, 2, 3)], 1)

    def test_a_page_asked_for_while_it_goes_may_show_either(self):
        assert not unexplained([Act(TAKE, 0, 2), Act(FREE, 1, 3)], 1)
        assert not unexplained([Act(TAKE, 0, 2), Act(FULL, 1, 3)], 1)

    def test_what_got_no_answer_may_have_happened_or_not(self):
        assert not unexplained([Act(TAKE, 0, None), Act(FULL, 1, 2)], 1)
        assert not unexplained([Act(TAKE, 0, None), Act(FREE, 1, 2)], 1)
        assert unexplained([Act(TAKE, 0, None), Act(FULL, 1, 2), Act(FREE, 3, 4)], 1)
