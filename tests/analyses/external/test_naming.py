import numpy as np
import pytest

from perfkit.analyses.external.naming import names_of
from perfkit.analyses.traces.forest import Forest
from perfkit.fingerprinted import fingerprinted


@pytest.mark.parametrize(
    ("span", "name"),
    [
        ({"name": "SELECT shop", "statement": "SELECT a FROM b WHERE c = 'x'", "category": "db"},
         "select a from b where c = ?"),
        ({"name": "GET", "url": "http://a:pw@stock/items/17?key=1", "category": "http"},
         "GET http://stock/items/{id}?key=*"),
        ({"name": "HTTP request", "url": "http://stock/items/17"}, "http://stock/items/{id}"),
        ({"name": "GET", "statement": "GET user:17", "category": "cache"}, "get user:?"),
        ({"name": "GET /a", "url": "http://shop/a?b=c", "kind": "server", "route": "/a"}, "GET /a"),
        ({"name": None}, "unnamed"),
        ({"name": "GET /pay/17?card=4111"}, "GET /pay/{id}?card=*"),
        ({"name": "POST http://me:pw@mail/send"}, "POST http://mail/send"),
        ({"name": "SELECT a FROM b WHERE c = 'x'", "category": "db"},
         "select a from b where c = ?"),
    ],
)  # fmt: skip
def test_a_span_is_called_by_what_it_asks_for(table, span, name):
    forest = Forest(fingerprinted(table("spans", [{"trace_id": "t", "span_id": "1", **span}])))
    assert names_of(forest, np.array([0])) == [name]
