"""The places where the clinic works."""

import sqlalchemy as sa

from clinic.models.organizations import Location


def test_an_administrator_adds_a_place_and_changes_it(ines, cast, session):
    assert ines.open("staff.locations.index").status_code == 200
    ines.send("staff.locations.create", {"name": "Second floor", "directions": "The lift is on the left."})
    place = session.scalars(sa.select(Location)).one()
    assert (place.clinic_id, place.name, place.city) == (cast.rose.id, "Second floor", None)
    ines.send("staff.locations.update", {"name": "Ground floor", "city": "London"}, location_id=place.id)
    session.expire_all()
    assert (place.name, place.city, place.directions) == ("Ground floor", "London", None)
    assert "Ground floor" in ines.open("staff.locations.index").text


def test_a_place_without_a_name_is_asked_again(ines, cast):
    answer = ines.send("staff.locations.create", {"name": " ", "city": "London"})
    assert answer.status_code == 422 and "Give the place a name." in answer.text and 'value="London"' in answer.text


def test_a_place_of_another_clinic_is_not_here_and_only_the_administrator_may(ines, amara, cast, session):
    session.enter(type(cast.scope).staff(cast.harbour.id))
    session.add(Location(clinic_id=cast.harbour.id, name="Pier 4"))
    session.commit()
    theirs = session.scalars(sa.select(Location)).one()
    assert ines.open("staff.locations.edit", location_id=theirs.id).status_code == 404
    assert amara.open("staff.locations.index").status_code == 403
