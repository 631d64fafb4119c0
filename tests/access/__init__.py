"""Every route, asked for by everybody, about what is theirs, their clinic's and another clinic's."""
