"""Loading a list of medicines on the command line: what came of it is told, and a wrong file changes nothing."""

from clinic.queries.drugs import lists


def test_a_list_is_loaded_and_told_of(flask, cast, session, tmp_path):
    path = tmp_path / "remedies.csv"
    path.write_text("code,name\n1,Arnica montana\n2,\n")
    result = flask("import", "drugs", "--clinic", "rose-street", str(path))
    assert result.exit_code == 0, result.output
    assert "1 created" in result.output and "1 left out: no name" in result.output
    session.rollback()
    assert lists(session, cast.rose.id) == [("remedies", 1)]


def test_what_is_no_list_is_said_and_nothing_is_kept(flask, cast, session, tmp_path):
    path = tmp_path / "picture.csv"
    for content in (b"\xff\xd8\xff", b"a,b\n1,2\n", b"\x1f\x8b broken"):
        path.write_bytes(content)
        result = flask("import", "drugs", "--clinic", "rose-street", str(path))
        assert result.exit_code == 1 and "no list of medicines" in result.output
    assert "no clinic" in flask("import", "drugs", "--clinic", "nowhere", str(path)).output
    session.rollback()
    assert lists(session, cast.rose.id) == []
