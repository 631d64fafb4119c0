"""What may happen: the verbs that change state. The only writers; they never commit and know no web."""
