"""Throttles: so many tries in a while, counted in the database, never more and never somebody else's."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import throttles
from clinic.actions.throttles import Limit, TooManyTries, network, purge, refund, spend
from clinic.db import db
from clinic.models.factors import Throttle
from clinic.work.handlers import run

TEN = Limit("tests.ten", 10, 300)
THREE = Limit("tests.three", 3, 300)


def spent_of(session, kind):
    """What the one bucket of this kind has spent."""
    session.rollback()
    return session.scalar(sa.select(Throttle.spent).where(Throttle.kind == f"{kind.subject}/{kind.seconds}"))


def age(session, seconds):
    """Let that much time go by for every bucket."""
    session.execute(
        sa.update(Throttle).values(started_at=Throttle.started_at - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds))
    )
    session.commit()


class TestSpend:
    def test_after_the_last_try_it_says_how_long_to_wait(self, session):
        for _ in range(10):
            spend(session, TEN.of("amara"))
        with pytest.raises(TooManyTries) as refused:
            spend(session, TEN.of("amara"))
        assert 295 <= refused.value.retry_after <= 300
        assert str(refused.value) == "There were too many tries. Wait 5 minutes, then try again."

    def test_another_bucket_is_another_matter(self, session):
        for _ in range(10):
            spend(session, TEN.of("amara"))
        spend(session, TEN.of("ines"))

    def test_a_full_bucket_spends_nothing_of_the_others(self, session):
        for _ in range(3):
            spend(session, THREE.of("amara"), TEN.of())
        for _ in range(5):
            with pytest.raises(TooManyTries):
                spend(session, THREE.of("amara"), TEN.of())
        assert spent_of(session, TEN) == 3

    def test_the_window_ends_by_itself(self, session):
        for _ in range(3):
            spend(session, THREE.of("amara"))
        age(session, 299)
        with pytest.raises(TooManyTries) as refused:
            spend(session, THREE.of("amara"))
        assert refused.value.retry_after <= 1
        age(session, 1)
        spend(session, THREE.of("amara"))
        assert spent_of(session, THREE) == 1

    def test_short_and_long_windows_are_kept_side_by_side(self, session):
        for tries in range(20):
            if tries % 5 == 0:
                age(session, 300)
            spend(session, *(each.of("amara") for each in throttles.FACTORS))
        age(session, 300)
        with pytest.raises(TooManyTries) as refused:
            spend(session, *(each.of("amara") for each in throttles.FACTORS))
        assert refused.value.retry_after > 1800

    def test_what_the_request_did_before_is_undone_and_a_refusal_leaves_the_count(self, session, cast):
        session.execute(sa.text("UPDATE clinics SET city = 'nowhere'"))
        spend(session, TEN.of("amara"))
        assert session.scalar(sa.text("SELECT count(*) FROM clinics WHERE city = 'nowhere'")) == 0

    @pytest.mark.promise(21, "50 tries at once on a limit of 10: exactly 10 went through")
    def test_of_fifty_at_once_exactly_ten_get_through(self, app, cast, figure):
        barrier = Barrier(50)

        def attempt(_number):
            with app.app_context():
                barrier.wait()
                try:
                    spend(db.session(), TEN.of("amara"), Limit("tests.everybody", 1000, 300).of())
                except TooManyTries:
                    return 0
                return 1

        with ThreadPoolExecutor(50) as pool:
            through = sum(pool.map(attempt, range(50)))
        figure(f"50 at once, {through} through")
        assert through == 10


class TestRefund:
    def test_a_right_try_costs_nothing(self, session):
        for _ in range(30):
            refund(session, spend(session, TEN.of("amara")))
        assert spent_of(session, TEN) == 0

    def test_a_try_of_a_window_that_is_over_gives_nothing_back(self, session):
        spent = spend(session, TEN.of("amara"))
        age(session, 300)
        spend(session, TEN.of("amara"))
        refund(session, spent)
        assert spent_of(session, TEN) == 1


class TestKept:
    def test_the_table_holds_no_address_and_no_email(self, session, superuser):
        spend(session, TEN.of("amara@rose-street.example"), THREE.of("203.0.113.9"))
        session.rollback()
        rows = str(session.execute(sa.text("SELECT t::text, encode(key_hash, 'escape') FROM throttles t")).all())
        assert "amara" not in rows and "203.0" not in rows and "tests.ten/300" in rows

    def test_what_is_over_is_purged_and_the_rest_stays(self, app, session):
        spend(session, TEN.of("old"))
        age(session, 90_000)
        spend(session, TEN.of("new"))
        run(app, "throttles.purge", {})
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(Throttle)) == 1
        assert purge(session) == 0


@pytest.mark.parametrize(
    ("address", "bucket"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
     ("::ffff:203.0.113.9", "203.0.113.9"), (None, "unknown"), ("not an address", "unknown")],
)  # fmt: skip
def test_one_customers_addresses_count_as_one(address, bucket):
    assert network(address) == bucket
