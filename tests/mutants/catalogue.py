"""Every mutant, subject by subject."""

from tests.mutants import entering, people, records, rights, routes, rows

MUTANTS = (*routes.MUTANTS, *entering.MUTANTS, *rows.MUTANTS, *rights.MUTANTS, *people.MUTANTS, *records.MUTANTS)
