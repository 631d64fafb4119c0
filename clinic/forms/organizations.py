"""The clinic's profile, as an administrator types it."""

from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies
from flask_babel import lazy_gettext as _l
from wtforms import FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, Optional, ValidationError

from clinic.forms.fields import NOT_OFFERED, Coloured, Form, needed, readable, tidy, words
from clinic.forms.logos import NotALogo, read_logo
from clinic.walltime import known_zones

# The formats of dates, times, numbers and money that clinics ask for; more can be added here.
LOCALES = (
    "ar_AE", "ar_EG", "ar_SA", "bg_BG", "bn_BD", "ca_ES", "cs_CZ", "da_DK", "de_AT", "de_CH", "de_DE", "el_GR", "en_AU",
    "en_CA", "en_GB", "en_GH", "en_IE", "en_IN", "en_KE", "en_NG", "en_NZ", "en_PH", "en_SG", "en_US", "en_ZA", "es_AR",
    "es_CL", "es_CO", "es_ES", "es_MX", "es_US", "et_EE", "fi_FI", "fr_BE", "fr_CA", "fr_CH", "fr_FR", "he_IL", "hi_IN",
    "hr_HR", "hu_HU", "id_ID", "it_CH", "it_IT", "ja_JP", "ko_KR", "lt_LT", "lv_LV", "ms_MY", "nb_NO", "nl_BE", "nl_NL",
    "pl_PL", "pt_BR", "pt_PT", "ro_RO", "sk_SK", "sl_SI", "sr_RS", "sv_SE", "sw_KE", "sw_TZ", "th_TH", "tr_TR", "uk_UA",
    "ur_PK", "vi_VN", "zh_CN", "zh_HK", "zh_TW",
)  # fmt: skip
NAMES = Locale("en")


@cache
def countries():
    """Every country by its two letters, with its name."""
    found = {code: name for code, name in NAMES.territories.items() if len(code) == 2 and code.isalpha()}
    real = {code: name for code, name in found.items() if code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")}
    return [SelectChoice(code, name) for code, name in sorted(real.items(), key=lambda each: each[1])]


@cache
def currencies():
    """The currencies in use anywhere today, with their names."""
    codes = {code for each in countries() for code in get_territory_currencies(each.value)}
    return [SelectChoice(code, f"{code} · {get_currency_name(code, locale=NAMES)}") for code in sorted(codes)]


@cache
def locales():
    """The formats offered, with their names."""
    named = [(code, Locale.parse(code).get_display_name("en")) for code in LOCALES]
    return [SelectChoice(code, name) for code, name in sorted(named, key=lambda each: each[1])]


@cache
def zones():
    """Every place whose clock is known, such as Europe/Lisbon."""
    return sorted(zone for zone in known_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


def choice(label, choices, description=""):
    """One of a fixed list."""
    return SelectField(label, choices=choices, description=description, invalid_choice_message=NOT_OFFERED)


class ClinicForm(Coloured, Form):
    """What the clinic says of itself, and whose clock, formats and money it uses."""

    name = words(_l("Name"), most=120, required=_l("Say what the clinic is called."))
    email = words(_l("Email"), most=200, validators=[
        Email(message=_l("Enter an email address, such as desk@example.org."))])  # fmt: skip
    phone = words(
        _l("Phone"), most=40, description=_l("Patients are asked to call it when something cannot be done online.")
    )
    address_line = words(_l("Street and number"))
    postal_code = words(_l("Postcode"), most=20)
    city = words(_l("Town"), most=120)
    country = choice(_l("Country"), countries)
    timezone = StringField(
        _l("Time zone"), [needed(_l("Say whose clock the clinic goes by.")), readable], filters=[tidy],
        description=_l(
            "Type a city, such as Lisbon, and choose. Hours keep their wall times; what is booked keeps its moment."
        ),
        render_kw={"maxlength": 60},
    )  # fmt: skip
    locale = choice(_l("Dates and numbers as in"), locales)
    currency = choice(_l("Currency"), currencies, _l("Fees keep their number when you change it."))

    def validate_timezone(self, field):
        """A zone of the time zone database."""
        if field.data not in known_zones():
            raise ValidationError(_l("Choose a time zone from the list, such as Europe/Lisbon."))


class LogoForm(Form):
    """A picture to show as the clinic's logo; once the form is valid, ``picture`` and ``media_type`` are there."""

    logo = FileField(
        _l("Picture"), [Optional()], render_kw={"accept": "image/png,image/jpeg,image/webp"},
        description=_l("PNG, JPEG or WebP, at most 4 MB. It is made small enough for you."),
    )  # fmt: skip
    picture = media_type = None

    def validate_on_arrival(self):
        """Whether a picture came that can be shown."""
        if not self.logo.data or not getattr(self.logo.data, "filename", ""):
            self.blame(str(_l("Choose a picture first.")), "logo")
            return False
        try:
            self.picture, self.media_type = read_logo(self.logo.data.stream)
        except NotALogo as wrong:
            self.blame(str(_l(str(wrong))), "logo")
            return False
        return True
