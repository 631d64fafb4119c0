"""Whether a medicine goes against a recorded allergy, as far as names can tell.

A medicine is held against every word of the allergy, under its own name and under the other names that the clinic's
lists know of it; and where the allergy names a whole class (penicillin), against the word stems by which the
international names of that class are made (-cillin). What names cannot tell, nobody is warned of: the screen says so.
"""

from dataclasses import dataclass
from uuid import UUID

from clinic.models.patients import Patient
from clinic.models.words import plain, typed_words
from clinic.queries import allergies, drugs

SHORTEST = 4
# Words of an allergy's sentence that are no substance.
NO_SUBSTANCE = {
    "acid", "after", "agent", "agents", "all", "allergen", "allergenic", "allergic", "allergies", "allergy",
    "anaphylaxis", "and", "calcium", "capsule", "capsules", "child", "childhood", "chloride", "class", "containing",
    "disorder", "drug", "drugs", "extract", "food", "from", "group", "hives", "hydrochloride", "injection",
    "intolerance", "itching", "known", "medication", "medicine", "mild", "moderate", "nausea", "none", "oral", "other",
    "patient", "phosphate", "pollen", "potassium", "product", "rash", "reaction", "reactions", "reported",
    "sensitivity", "severe", "since", "sodium", "solution", "substance", "sulfate", "swelling", "symptoms", "tablet",
    "tablets", "therapeutic", "urticaria", "vomiting", "with",
}  # fmt: skip
# What an allergy may name, and how the international nonproprietary names of its class begin (abc-) or end (-abc).
CLASSES = {
    ("penicillin", "penicillins", "betalactam", "lactam"): ("-cillin", "amoxi-", "ampi-", "augmentin-"),
    ("cephalosporin", "cephalosporins", "cefalosporin", "cefalosporins"): ("cef-", "ceph-"),
    ("sulfa", "sulfonamide", "sulfonamides", "sulphonamide", "sulphonamides", "sulpha"): ("sulfa-", "sulpha-",
                                                                                           "-sulfamide"),
    ("quinolone", "quinolones", "fluoroquinolone", "fluoroquinolones"): ("-floxacin", "-oxacin"),
    ("tetracycline", "tetracyclines"): ("-cycline",),
    ("macrolide", "macrolides"): ("-thromycin", "-ithromycin"),
    ("aminoglycoside", "aminoglycosides"): ("-micin", "-amikacin", "amikacin-", "tobramycin-", "neomycin-"),
    ("aspirin", "acetylsalicylic", "salicylate", "salicylates", "nsaid", "nsaids", "antirheumatic"): (
        "aspirin-", "acetylsalicylic-", "-salicylate", "-profen", "-fenac", "-oxicam", "naproxen-", "indometacin-",
        "ketorolac-",
    ),
    ("opioid", "opioids", "opiate", "opiates", "morphine", "codeine"): (
        "morphine-", "codeine-", "-codone", "-morphone", "tramadol-", "fentanyl-", "-codeine",
    ),
    ("statin", "statins"): ("-vastatin",),
    ("ace",): ("-pril",),
    ("caine", "procaine", "lidocaine", "anaesthetic", "anaesthetics", "anesthetic", "anesthetics"): ("-caine",),
    ("benzodiazepine", "benzodiazepines"): ("-azepam", "-azolam"),
    ("barbiturate", "barbiturates"): ("-barbital",),
    ("heparin",): ("-parin",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded of a patient's allergies: the single entries, and a sentence that nobody has entered yet."""

    entries: tuple
    sentence: str | None

    @property
    def substances(self) -> list[str]:
        """Every recorded substance, in the record's words; the sentence as one."""
        return [entry.substance for entry in self.entries] + ([self.sentence] if self.sentence else [])


def known(session, patient: Patient) -> Known:
    """The patient's recorded allergies."""
    return Known(tuple(allergies.live(session, patient.id)), patient.allergies)


def warnings(session, clinic_id: UUID, recorded: Known, names) -> dict[str, str]:
    """Of these medicines those that go against an allergy, with that allergy in the record's words."""
    if not recorded.substances:
        return {}
    also, found = drugs.known_as(session, clinic_id, names), {}
    for name in names:
        ways = {word for each in (name, *also.get(name, ())) for word in typed_words(each or "")}
        against = next((each for each in recorded.substances if _meets(ways, each)), None)
        if against:
            found[name] = against
    return found


def _meets(ways, substance):
    named = [word for word in typed_words(substance) if len(word) >= SHORTEST or word == "ace"]
    named = [word for word in named if word not in NO_SUBSTANCE]
    if any(_alike(way, word) for way in ways for word in named):
        return True
    joined = {*named, plain(substance).replace(" ", "").replace("-", "")}
    stems = [stem for words, stems in CLASSES.items() if joined & set(words) for stem in stems]
    return any(_has(way, stem) for way in ways for stem in stems)


def _alike(way, word):
    """The same word, or one in the plural of the other."""
    return way == word or (len(word) > SHORTEST and (way == f"{word}s" or word == f"{way}s"))


def _has(way, stem):
    return way.startswith(stem[:-1]) if stem.endswith("-") else way.endswith(stem[1:])
