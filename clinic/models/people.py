"""What is asked alike of everybody: patients and the people who sign in."""

from clinic.db import Choice


class Gender(Choice):
    """FHIR's administrative gender and the answer not given; NULL means nobody asked."""

    MALE = "male", "Male"
    FEMALE = "female", "Female"
    OTHER = "other", "Other"
    PREFER_NOT_TO_SAY = "prefer_not_to_say", "Prefers not to say"
    UNKNOWN = "unknown", "Unknown"


class ContactMethod(Choice):
    """How a person likes to be reached."""

    PHONE = "phone", "Phone"
    EMAIL = "email", "Email"
    SMS = "sms", "Text message"


class VisitMode(Choice):
    """Where a visit happens."""

    IN_PERSON = "in_person", "In person"
    VIRTUAL = "virtual", "By video"
