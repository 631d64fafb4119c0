"""A visit keeps its time at another place: the patient is told where, in their language."""

from clinic.actions import hours, stranding_places
from clinic.queries import strandings as asked
from tests.actions.stranding import change, work
from tests.actions.test_hours_elsewhere import north, row, south, visit  # noqa: F401 (fixtures)


def test_the_patient_is_told_the_new_place(app, telling, session, cast, row, visit, south):  # noqa: F811
    telling.rules(quiet_from="00:00", quiet_until="00:00")
    cast.tom.email, cast.tom.language = "tom@baker.example", "de"
    moved = change(session, cast, hours.update, row, location_id=south.id)
    work(app, session, moved)
    line = asked.row(session, moved.id, asked.visits(session, moved)[0].id)
    stranding_places.keep(line, by=cast.amara.actor)
    session.commit()
    telling.work()
    told = len(telling.mails)
    telling.later()
    words = telling.mails[-1].text
    assert len(telling.mails) == told + 1
    assert "bleibt zur selben Zeit" in words and "South" in words
