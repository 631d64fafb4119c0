"""Who is in the demo: invented clinics, people, visit types and names. Numbers and domains belong to nobody."""

from dataclasses import dataclass, field

from clinic.models.accounts import Role
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule

# Printed by `flask sign-ins`: it protects nothing but the demo.
PASSWORD = "a day at the clinic"  # noqa: S105 - meant to be read


REASONS = (
    "Sore throat for a week", "Headaches in the evening", "Blood pressure", "Knee pain after running", "A rash",
    "Tired for months", "Results of the last test", "Cough that does not go", "Travel advice", "Back pain",
    "Trouble sleeping", "Repeat prescription",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doctor:
    """One who is booked: the person, what they offer (names of types), and how they introduce themselves."""

    first_name: str
    last_name: str
    title: str
    offers: tuple[str, ...]
    specialties: tuple[str, ...]
    languages: tuple[str, ...]
    bio: str
    approved: bool = True
    colour: str = "#1d70b8"
    experience: int = 10


@dataclass(frozen=True, slots=True)
class Demo:
    """One clinic of the demo."""

    profile: dict
    types: tuple[dict, ...]
    doctors: tuple[Doctor, ...]
    colleagues: tuple[tuple[str, str, Role], ...]
    patients: tuple[str, ...]
    # Full names of the patients who have an account of their own.
    portal: tuple[str, ...]
    phone: str
    # The rooms by name, each with its kind; what a type needs is said by the type.
    rooms: dict[str, str]
    addresses: tuple[tuple[str, str, str], ...]
    # The parent, by full name, and the child they may act for.
    family: tuple[str, str] | None = None
    busy: float = 0.8
    # How many more patients there are, with names put together out of the others'.
    crowd: int = 0
    # Why somebody comes, in the words they say it in.
    reasons: tuple[str, ...] = REASONS
    # In which language most patients are told, and by full name who speaks another one.
    spoken: str = "en"
    speaks: dict[str, str] = field(default_factory=dict)

    def language_of(self, name, number) -> str | None:
        """What the record says of a patient's language; of every fourth it says nothing, and the clinic's counts."""
        return self.speaks.get(name, self.spoken if number % 4 else None)

    @property
    def names(self):
        """Every patient by full name: the listed ones, then the crowd."""
        apart = [name.partition(" ")[::2] for name in self.patients]
        crossed = (f"{apart[each][0]} {apart[(each + step) % len(apart)][1]}"
                   for step in range(5, len(apart), 7) for each in range(len(apart)))  # fmt: skip
        crowd = [name for name in dict.fromkeys(crossed) if name not in self.patients]
        return self.patients + tuple(crowd[: self.crowd])


ROSE_STREET = Demo(
    profile={
        "name": "Rose Street Clinic", "slug": "rose-street", "timezone": "Europe/London", "locale": "en_GB",
        "currency": "GBP", "country": "GB", "email": "hello@rose-street.example", "phone": "+44 20 7946 0000",
        "address_line": "18 Rose Street", "city": "London", "postal_code": "WC2E 9EA",
        "branding": {"colour": "#0b5d5e"},
    },
    types=(
        {"name": "Consultation", "minutes": 20, "fee": "60", "colour": "#1d70b8",
         "description": "For anything new, or when you are not sure whom to ask."},
        {"name": "Follow-up", "minutes": 10, "fee": "30", "colour": "#00703c", "cancel_cutoff_hours": 4,
         "move_cutoff_hours": 4, "description": "A short look at how things are going."},
        {"name": "New patient check", "minutes": 40, "fee": "90", "colour": "#4c2c92", "buffer_after": 5,
         "booking": BookingRule.REQUEST, "description": "Your first visit: history, measurements and a plan."},
        {"name": "Video consultation", "minutes": 15, "fee": "45", "colour": "#912b88",
         "visit_mode": VisitMode.VIRTUAL, "description": "From wherever you are, on your phone or computer."},
        {"name": "Back care class", "minutes": 45, "fee": "20", "colour": "#85994b", "capacity": 3, "step_minutes": 15,
         "needs": ("Gym",),
         "description": "Three people at a time learn exercises for a sore back."},
        {"name": "Physiotherapy", "minutes": 30, "fee": "55", "colour": "#28a197", "booking": BookingRule.OFF,
         "description": "Exercises with Dr Nowak, usually every week for a while."},
        {"name": "Minor procedure", "minutes": 30, "fee": "150", "colour": "#f47738", "buffer_before": 5,
         "buffer_after": 10, "booking": BookingRule.OFF, "needs": ("Treatment room",),
         "description": "Arranged by the clinic after a visit."},
    ),
    doctors=(
        Doctor("Kwame", "Osei", "Dr", ("Consultation", "Follow-up", "New patient check", "Video consultation"),
               ("General practice",), ("English", "Twi"),
               "Family doctor who likes to draw what he explains.", True, "#1d70b8", 14),
        Doctor("Astrid", "Lind", "Dr", ("Consultation", "Follow-up", "Minor procedure"),
               ("General practice", "Minor surgery"), ("English", "Swedish"),
               "Small operations without fuss, and plenty of time for questions.", True, "#00703c", 21),
        Doctor("Priya", "Raman", "Dr", ("Consultation", "Follow-up", "New patient check", "Video consultation"),
               ("Paediatrics",), ("English", "Tamil"), "Looks after children, and their worried parents.",
               True, "#912b88", 9),
        Doctor("Tomasz", "Nowak", "Dr", ("Consultation", "Back care class", "Physiotherapy"), ("Sports medicine",),
               ("English", "Polish"), "Backs, knees and how to keep them.", True, "#f47738", 6),
        Doctor("Hugo", "Bell", "Dr", ("Consultation",), ("Dermatology",), ("English",),
               "Joins us as soon as his papers are checked.", False, "#85994b", 3),
    ),
    colleagues=(
        ("Ines", "Duarte", Role.ADMIN), ("Amara", "Diallo", Role.RECEPTIONIST), ("Callum", "Reid", Role.RECEPTIONIST),
        ("Leila", "Haddad", Role.MEDICAL_ASSISTANT), ("Sam", "Whitfield", Role.SUPPORT),
        ("Joanna", "Clarke", Role.REFERRER),
    ),
    patients=(
        "Maya Okafor", "Ada Okafor", "Thomas Baker", "Zoë Hartmann", "José García Núñez", "Siobhán O'Neill",
        "François Lefèvre", "Łukasz Zieliński", "Nguyễn Thị Mai", "Søren Ægidius", "Ayşe Yıldırım", "Björn Åkesson",
        "Chloé Dubois", "Dagný Þórsdóttir", "Emeka Nwosu", "Fatima al-Sayed", "Grace Mensah", "Hiroshi Tanaka",
        "Ioana Țăndărică", "Jack Fairweather", "Karolína Dvořáková", "Liam Doherty", "Margaret Ashworth",
        "Noor Rahman", "Olivia Trent", "Pádraig Ó Súilleabháin", "Qi Wen", "Ruth Adler", "Stanisław Wójcik",
        "Tamsin Penrose", "Uche Okonkwo", "Věra Nováková", "William Cartwright", "Ximena Peña", "Yusuf Demir",
        "Zainab Bello", "Arthur Pemberton", "Beatrice Holloway", "Cäcilie Böhm", "Desmond Clarke", "Elif Şahin",
        "Freddie Marsh", "Giulia D'Angelo", "Hannah Levy", "Iván Muñoz", "Jürgen Groß", "Kavita Deshmukh",
        "Lena Sørensen", "Mohammed Iqbal", "Niamh Brennan", "Oscar Lindqvist", "Penelope Frost", "Rahul Mehta",
        "Sofia Papadopoulou", "Theo Blackwood", "Ursula Kane", "Valentina Rossi", "Winston Grant", "Yetunde Adeyemi",
        "Zachary Stone", "Maya Okonedo", "Thomas Barker",
    ),
    portal=("Maya Okafor", "Thomas Baker", "Zoë Hartmann", "José García Núñez"),
    family=("Maya Okafor", "Ada Okafor"),
    crowd=110,
    speaks={"Zoë Hartmann": "de", "Cäcilie Böhm": "de", "Jürgen Groß": "de"},
    phone="+44 7700 900{:03d}",
    rooms={"Room 1": "Consulting room", "Room 2": "Consulting room", "Room 3": "Consulting room",
           "Treatment room": "Treatment room", "The gym": "Gym"},
    addresses=(
        ("7 Canal Walk", "London", "N1 8QH"), ("41 Larch Road", "London", "SE15 3NN"),
        ("Flat 3, 12 Mill Lane", "London", "NW6 1LX"), ("88 Station Parade", "Croydon", "CR0 2RD"),
        ("5 Orchard Close", "Richmond", "TW9 1AB"),
    ),
)  # fmt: skip
AM_HAFEN = Demo(
    profile={
        "name": "Praxis am Hafen", "slug": "praxis-am-hafen", "timezone": "Europe/Berlin", "locale": "de_DE",
        "currency": "EUR", "country": "DE", "email": "empfang@praxis-am-hafen.example", "phone": "+49 40 66969 000",
        "address_line": "Kaistraße 9", "city": "Hamburg", "postal_code": "20457", "branding": {"colour": "#7a2e3f"},
    },
    types=(
        {"name": "Sprechstunde", "minutes": 15, "fee": "48.50", "colour": "#1d70b8"},
        {"name": "Vorsorge", "minutes": 30, "fee": "112", "colour": "#00703c", "booking": BookingRule.REQUEST},
        {"name": "Videosprechstunde", "minutes": 15, "fee": "39.90", "colour": "#912b88",
         "visit_mode": VisitMode.VIRTUAL},
    ),
    doctors=(
        Doctor("Jonas", "Brandt", "Dr.", ("Sprechstunde", "Vorsorge", "Videosprechstunde"), ("Allgemeinmedizin",),
               ("Deutsch", "Englisch"), "Hausarzt mit Blick auf den Hafen.", True, "#7a2e3f", 17),
        Doctor("Franziska", "Lührs", "Dr.", ("Sprechstunde", "Vorsorge"), ("Innere Medizin",), ("Deutsch", "Dänisch"),
               "Herz, Lunge und alles dazwischen.", True, "#1d70b8", 12),
    ),
    colleagues=(
        ("Katrin", "Petersen", Role.ADMIN), ("Emre", "Yılmaz", Role.RECEPTIONIST), ("Sam", "Whitfield", Role.SUPPORT),
    ),
    patients=(
        "Lotte Jensen", "Karl-Heinz Möller", "Aylin Öztürk", "Günther Weiß", "Marie-Luise von Thaden", "Piotr Kowalski",
        "Anneliese Schröder", "Finn Carstens", "Mehmet Aydın", "Sabine Hübner", "Ole Christiansen", "Irmgard Voß",
        "Jannik Lüders", "Nele Brüggemann",
    ),
    portal=("Lotte Jensen",),
    phone="+49 40 66969 {:03d}",
    rooms={"Zimmer 1": "Sprechzimmer", "Zimmer 2": "Sprechzimmer"},
    addresses=(("Elbchaussee 112", "Hamburg", "22763"), ("Am Sandtorkai 4", "Hamburg", "20457")),
    busy=0.6,
    crowd=30,
    spoken="de",
    reasons=(
        "Seit einer Woche Halsschmerzen", "Abends Kopfschmerzen", "Blutdruck", "Knieschmerzen nach dem Laufen",
        "Ausschlag", "Seit Monaten müde", "Ergebnisse der letzten Untersuchung", "Husten, der nicht weggeht",
        "Reiseberatung", "Rückenschmerzen", "Schlafstörungen", "Folgerezept",
    ),
    speaks={"Aylin Öztürk": "en", "Piotr Kowalski": "en"},
)  # fmt: skip
DEMOS = (ROSE_STREET, AM_HAFEN)


def address_of(first_name, slug):
    """The sign-in address of somebody of the demo."""
    return f"{first_name}@{slug}.example".lower()
