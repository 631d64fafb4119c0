"""How results come to their patient: by which rule, looked at by whom, shown since when, or held back."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from clinic.db import Choice, ChoiceType, word
from clinic.models.accounts import User
from clinic.models.keys import index, refers_to_user

MOST_DAYS = 90


class ReleaseRule(Choice):
    """When the patient sees results that are complete."""

    NOW = "now", word("At once")
    AFTER_REVIEW = "after_review", word("After a doctor has looked at them")
    AFTER_DAYS = "after_days", word("Some days after they are here")


class Releasable:
    """What has a rule of its own and comes to the patient by it, unless a doctor holds it back."""

    release_rule: Mapped[ReleaseRule | None] = mapped_column(ChoiceType(ReleaseRule))
    # Whole days; with the rule that waits for them.
    release_after_days: Mapped[int | None] = mapped_column(sa.SmallInteger)
    # When the worker releases it by itself; what is held back waits for nothing.
    release_due_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    released_at: Mapped[datetime | None]
    withheld_at: Mapped[datetime | None]
    withheld_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    @declared_attr
    def reviewed_by(cls) -> Mapped[User | None]:
        """Who looked at it."""
        return _person(cls, "reviewed_by_id")

    @declared_attr
    def withheld_by(cls) -> Mapped[User | None]:
        """Who holds it back."""
        return _person(cls, "withheld_by_id")

    @property
    def is_released(self):
        """Whether the patient sees it."""
        return self.released_at is not None

    @property
    def is_withheld(self):
        """Whether a doctor keeps it from the patient, whatever the rule says."""
        return self.withheld_at is not None


def _person(cls, column):
    return relationship(
        User, viewonly=True, primaryjoin=lambda: User.id == getattr(cls, column),
        foreign_keys=lambda: [getattr(cls, column)],
    )  # fmt: skip


def releasing_rules(table):
    """The constraints and indexes that go with being releasable."""
    return (
        sa.CheckConstraint("release_rule IN ('now', 'after_review', 'after_days')", name="release_rule_is_known"),
        sa.CheckConstraint(
            "(release_rule IS NOT DISTINCT FROM 'after_days') = (release_after_days IS NOT NULL)",
            name="days_with_their_rule",
        ),
        sa.CheckConstraint(f"release_after_days BETWEEN 1 AND {MOST_DAYS}", name="release_after_days_in_range"),
        sa.CheckConstraint(
            "withheld_at IS NULL OR num_nonnulls(released_at, release_due_at) = 0", name="withheld_is_not_released"
        ),
        refers_to_user("reviewed_by_id"),
        refers_to_user("withheld_by_id"),
        index(table, "reviewed_by_id", postgresql_where=sa.text("reviewed_by_id IS NOT NULL")),
        index(table, "withheld_by_id", postgresql_where=sa.text("withheld_by_id IS NOT NULL")),
    )
