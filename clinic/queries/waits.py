"""How long somebody will probably wait: a range out of the last visits of that doctor and type, and how true it was."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from clinic.db import now
from clinic.queries.queue import DUE

# Out of fewer visits nothing is said.
FEWEST = 10
RANGE = sa.text("SELECT low, high, counted FROM wait_range(:clinic_id, :provider_id, :visit_type_id, :walked_in)")
LOOKED_BACK = timedelta(days=30)
# The last of those who were told something and then seen, by doctor.
HOW_TRUE = sa.text(
    f"""SELECT d.display_name AS doctor, count(*) AS visits,
       count(*) FILTER (WHERE x.waited < x.wait_low) AS shorter,
       count(*) FILTER (WHERE x.waited BETWEEN x.wait_low AND x.wait_high) AS within,
       count(*) FILTER (WHERE x.waited > x.wait_high) AS longer,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY x.wait_low))::int AS told_low,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY x.wait_high))::int AS told_high,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY x.waited))::int AS waited
  FROM (SELECT v.provider_id, v.wait_low, v.wait_high,
               greatest(0, extract(epoch FROM v.started_at - {DUE}) / 60) AS waited
          FROM visits AS v
         WHERE v.clinic_id = :clinic_id AND v.starts_at >= :since AND v.starts_at <= :until
           AND v.wait_high IS NOT NULL AND v.started_at >= v.checked_in_at) AS x
  JOIN providers AS d ON d.clinic_id = :clinic_id AND d.id = x.provider_id
 GROUP BY d.id, d.display_name ORDER BY d.display_name, d.id LIMIT 200"""
)


@dataclass(frozen=True, slots=True)
class Truth:
    """What one doctor's patients were told in the last thirty days, in minutes, and what became of it."""

    doctor: str
    visits: int
    shorter: int
    within: int
    longer: int
    told_low: int
    told_high: int
    waited: int

    @property
    def share_within(self):
        """How many in a hundred waited as long as they were told."""
        return round(100 * self.within / self.visits)


def expected(session, visit) -> tuple[int, int] | None:
    """From how many to how many minutes after they are due the doctor sees them, or None where nobody can say yet.

    Somebody who waits for any doctor is compared with all who came like them; walk-ins with walk-ins only.
    """
    found = session.connection().execute(
        RANGE,
        {
            "clinic_id": visit.clinic_id, "provider_id": visit.provider_id, "visit_type_id": visit.visit_type_id,
            "walked_in": visit.kind == "walk_in",
        },
    ).one()  # fmt: skip
    return (found.low, found.high) if found.counted >= FEWEST else None


def how_true(session, clinic_id) -> list[Truth]:
    """What was told in the last thirty days beside what happened, doctor by doctor."""
    asked = {"clinic_id": clinic_id, "since": now() - LOOKED_BACK, "until": now()}
    return [Truth(*row) for row in session.connection().execute(HOW_TRUE, asked)]
