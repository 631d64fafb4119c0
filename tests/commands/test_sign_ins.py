"""Sign-ins of a demo that is not there."""


def test_without_a_demo_it_says_how_to_make_one(flask, cast):
    result = flask("sign-ins")
    # Rose Street of the tests has the demo's address; without it there is nothing to print.
    assert result.exit_code == 0 or "flask seed" in result.output


def test_in_an_empty_database_it_ends_with_a_sentence(flask, clean):
    result = flask("sign-ins")
    assert result.exit_code == 1 and "flask seed" in result.output
