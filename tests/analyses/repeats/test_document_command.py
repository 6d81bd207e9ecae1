import pytest

from perfkit.analyses.repeats.document_command import document_template, is_document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"find": "items", "filter": {"_id": "a7"}}', '{"find": "items", "filter": {"_id": ?}}'),
        ('{ "find" : "items", "limit" : 5 }', '{ "find" : "items", "limit" : ? }'),
        ('{"q": {"$in": [1, 2, "x"]}}', '{"q": {"$in": [?]}}'),
        ('{"a": "it is \\"b\\": 1", "c": true}', '{"a": ?, "c": ?}'),
        ('{"aggregate": "o", "pipeline": [{"$match": {"s": "n"}}]}',
         '{"aggregate": "o", "pipeline": [{"$match": {"s": ?}}]}'),
    ],
)  # fmt: skip
def test_values_in_documents_are_taken_out_but_the_collection_stays(text, expected):
    assert document_template(text) == expected
    assert document_template(expected) == expected


def test_documents_are_told_by_their_brace():
    assert is_document(' {"find": 1}')
    assert not is_document("select 1")
    assert not is_document(None)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ['"', "[", '{"a": ', "[?, ", '\\"', "'"])
def test_a_document_made_to_be_slow_is_not(part):
    document_template("{" + part * 100_000)
