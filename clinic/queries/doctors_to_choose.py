"""The doctors one may choose among for a visit: who fits, and by what they are told apart."""


class DoctorsToChoose:
    """What has ``doctors``, each with ``specialties`` and ``languages``, by name; a base of dataclasses with slots."""

    __slots__ = ()

    def fitting(self, specialty=None, language=None):
        """The doctors with this specialty who speak this language."""
        return [
            each for each in self.doctors
            if (not specialty or specialty in each.specialties) and (not language or language in each.languages)
        ]  # fmt: skip

    @property
    def specialties(self):
        """Every specialty of the doctors, by name."""
        return sorted({name for each in self.doctors for name in each.specialties})

    @property
    def languages(self):
        """Every language the doctors speak, by name."""
        return sorted({name for each in self.doctors for name in each.languages})
