"""What is taken away to show what each part of booking is for."""

from dataclasses import dataclass

CONSTRAINT = "ALTER TABLE slots DROP CONSTRAINT ex_slots_provider"
CHECK = "ALTER TABLE slots DROP CONSTRAINT ck_slots_seats"


@dataclass(frozen=True)
class Control:
    """A weakened product, and whether it must fail the race."""

    without: tuple
    application: str
    must_fail: bool


CONTROLS = {
    "neither lock nor constraint": Control((CONSTRAINT, CHECK), "tests.races.unlocked:app", must_fail=True),
    "the lock without the constraint": Control((CONSTRAINT,), "app:app", must_fail=False),
}
