from perfkit.analyses.statements import shown


def test_a_long_select_shows_its_tables_not_its_columns():
    statement = f"select {', '.join(f't.column_{i}' for i in range(30))} from t where t.id = ?"
    assert shown(statement) == "select … from t where t.id = ?"
    assert shown("select a from t") == "select a from t"
    assert len(shown("update t set " + "a" * 300)) == 70
    assert shown(None) == "statements without text"
