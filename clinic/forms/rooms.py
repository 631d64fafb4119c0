"""A room, a kind of rooms and the room of a visit, as they are typed and chosen."""

from flask_babel import lazy_gettext as _l

from clinic.forms.fields import Form, RowChoice, needed, words


class RoomForm(Form):
    """What a room is called, what it is for and where it is."""

    name = words(_l("Name"), most=80, required=_l("Give the room a name."),
                 description=_l("As it stands on the door, such as Room 3 or Ultrasound 1."))  # fmt: skip
    room_kind_id = RowChoice(_l("Kind of room"), [needed(_l("Say what kind of room it is."))])
    location_id = RowChoice(_l("Place"), description=_l("A device that moves about has none."))


class RoomKindForm(Form):
    """What a kind of room is called."""

    name = words(_l("Name"), most=80, required=_l("Give the kind of room a name."),
                 description=_l("What it is for, such as Consulting room, Ultrasound or Treatment room."))  # fmt: skip


class VisitRoomForm(Form):
    """The room of one visit."""

    room_id = RowChoice(_l("Room"))
