"""What a language does not say: the sentences that were looked for in its catalogue and are not there."""

import re
from contextlib import contextmanager
from gettext import NullTranslations

from flask_babel import force_locale, gettext

# What is put into sentences as it is, in every language: numbers, and the doctors of the cast.
AS_IT_IS = re.compile(r"[0-9]+|Dr [A-Z]\w+ [A-Z]\w+")


class Missing(NullTranslations):
    """Answers in English what nobody translated, and remembers it."""

    def __init__(self):
        super().__init__()
        self.sentences = []

    def gettext(self, message):
        """The English sentence."""
        if not AS_IT_IS.fullmatch(message):
            self.sentences.append(message)
        return message

    def ngettext(self, singular, plural, number):
        """The English sentence for so many."""
        self.sentences.append(singular)
        return singular if number == 1 else plural


@contextmanager
def listening(app, language):
    """Every English sentence that is shown to somebody of the language meanwhile."""
    missing, domain = Missing(), app.extensions["babel"].instance.domain_instance
    domain.cache.clear()
    with app.app_context(), force_locale(language):
        gettext("Yes")
    domain.cache[language, "messages"].add_fallback(missing)
    yield missing.sentences
    domain.cache.clear()
