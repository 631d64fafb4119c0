"""What is asked alike of everybody: patients and the people who sign in."""

from clinic.db import Choice, word


class Gender(Choice):
    """FHIR's administrative gender and the answer not given; NULL means nobody asked."""

    MALE = "male", word("Male")
    FEMALE = "female", word("Female")
    OTHER = "other", word("Other")
    PREFER_NOT_TO_SAY = "prefer_not_to_say", word("Prefers not to say")
    UNKNOWN = "unknown", word("Unknown")


class ContactMethod(Choice):
    """How a person likes to be reached."""

    PHONE = "phone", word("Phone")
    EMAIL = "email", word("Email")
    SMS = "sms", word("Text message")


class VisitMode(Choice):
    """Where a visit happens."""

    IN_PERSON = "in_person", word("In person")
    VIRTUAL = "virtual", word("By video")


class Relation(Choice):
    """How a person who acts in the portal stands to the patient."""

    SELF = "self", word("The patient")
    PARENT = "parent", word("Parent")
    GUARDIAN = "guardian", word("Guardian")
    CARER = "carer", word("Carer")


class IdentityCheck(Choice):
    """How the desk made sure who somebody is."""

    DOCUMENT = "document", word("They showed a document with their picture")
    KNOWN = "known", word("We know them by sight")
    CALLED_BACK = "called_back", word("We called them back on the number in the older record")


class Severity(Choice):
    """How urgent the clinic found somebody, as colours that emergency rooms use too; NULL means nobody said."""

    GREEN = "green", word("Green: can wait")
    YELLOW = "yellow", word("Yellow: soon")
    ORANGE = "orange", word("Orange: urgent")
    RED = "red", word("Red: at once")
