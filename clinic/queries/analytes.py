"""What laboratories measure most: the everyday names with the LOINC code each stands for, to choose from."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Analyte:
    """One thing that is measured: its everyday name, and the LOINC code of the usual way to measure it."""

    name: str
    code: str


# In blood, serum or plasma where nothing else is said.
ANALYTES = tuple(
    Analyte(name, code)
    for name, code in (
        ("Haemoglobin", "718-7"), ("Haematocrit", "4544-3"), ("Red cells", "789-8"), ("White cells", "6690-2"),
        ("Platelets", "777-3"), ("Mean cell volume", "787-2"), ("Mean cell haemoglobin", "785-6"),
        ("Sedimentation rate", "4537-7"), ("Haemoglobin A1c", "4548-4"), ("Sodium", "2951-2"),
        ("Potassium", "2823-3"), ("Chloride", "2075-0"), ("Bicarbonate", "1963-8"), ("Magnesium", "19123-9"),
        ("ALT", "1742-6"), ("AST", "1920-8"), ("Alkaline phosphatase", "6768-6"), ("Gamma GT", "2324-2"),
        ("C-reactive protein", "1988-5"), ("TSH", "3016-3"), ("INR", "6301-6"),
    )
)  # fmt: skip


@cache
def _by_name():
    return {each.name.casefold(): each for each in ANALYTES}


def known_as(name: str) -> Analyte | None:
    """The analyte of this everyday name, however it is written in capitals; None for any other name."""
    return _by_name().get(" ".join(name.split()).casefold())
