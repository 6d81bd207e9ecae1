"""Ids are known by their shape; words, versions and operations are none."""

import base64
import hashlib
import random
import uuid

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.routing.shapes import section, sections

IDS = """
17 0 -3 52.52,13.40 10.0.0.1 fe80::1 1920x1080
550e8400-e29b-41d4-a716-446655440000 550E8400-E29B-41D4-A716-446655440000
01ARZ3NDEKTSV4RRFFQ69G5FAV 01h455vb4pex5vsknk084sn02q
0123456789abcdef d41d8cd98f00b204e9800998ecf8427e 507f1f77bcf86cd799439011 3f9a1c2
ord_123 INV-2024-001 ABC12345 PROJ-1234 user-550e8400-e29b-41d4-a716-446655440000
ch_3MmlLrLkdIwHu7ix0snN0B15 cus_NffrFeUfNV2Hib user_01h455vb4pex5vsknk084sn02q
dQw4w9WgXcQ V1StGXR8_Z5jdHi6B-myT cjld2cjxh0000qzrmn831i7rn x7f3k9q2m1
eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N
2024-01-15 2024-01-15T10:00:00Z ada@example.com ada%40example.com ord%5F123
"""
FILES = {
    "17.json": "{id}.json",
    "2024-01-15.csv.gz": "{id}.csv.gz",
    "1920x1080.png": "{id}.png",
    "app.3f9a1c.js": "app.{id}.js",
    "app-3f9a1c2d.css.map": "app-{id}.css.map",
    "main.2f1e4c9b.chunk.js": "main.{id}.chunk.js",
    "index-BZk3f9aX.js": "index-{id}.js",
    "index-DiwrgTda.js": "index-{id}.js",
    "report-20240115.pdf": "report-{id}.pdf",
    "@ada": "@{id}",
    "~ada": "~{id}",
    "x" * 121: "{id}",
}
WORDS = """
orders v1 v2beta1 v1.2.3 2.0 1.1 2024-01 de en-US api-v2
oauth2 sha256 base64 utf8 ipv4 s3 h264 mp3 web3 step-1 page-2 covid-19 us-east-1 face2face decade
getUserProfileV2 OAuth2Token GetUserByID HTTP2Server CamelCaseEndpointName
list_orders chat.postMessage users.list get-user-by-id
blue-lamp iphone-15-pro how-to-fix-10-things List_of_Roman_emperors_2 facebook deadbeef
wp-login.php .env .well-known robots.txt sitemap.xml.gz index.html example.com favicon-32x32.png
jquery-3.6.0.min.js bootstrap.min.css Page-Settings.js GetOrder.v2.json Inter-Regular.woff2
{id} {order_id}.json :id <int:id> %D1%82%D0%BE <script>alert(1)</script> *
"""


@pytest.mark.parametrize("text", IDS.split())
def test_an_id_is_known_by_its_shape(text):
    assert section(text) == "{id}"


@pytest.mark.parametrize(("text", "expected"), FILES.items())
def test_what_is_not_id_in_a_name_stays(text, expected):
    assert section(text) == expected


@pytest.mark.parametrize("text", ["", *WORDS.split()])
def test_a_word_is_no_id(text):
    assert section(text) == text


def test_ids_that_libraries_make_are_known():
    chance = random.Random(7)
    for _ in range(300):
        some = chance.randbytes(24)
        assert section(str(uuid.UUID(bytes=some[:16]))) == "{id}"
        assert section(hashlib.sha256(some).hexdigest()) == "{id}"
    tokens = [base64.urlsafe_b64encode(chance.randbytes(24)).decode() for _ in range(1000)]
    assert sum(section(token) == "{id}" for token in tokens) > 950


@given(st.lists(st.text(max_size=40) | st.sampled_from([*IDS.split(), *FILES, *WORDS.split()])))
def test_many_at_once_are_as_one_by_one_and_a_template_is_its_own(texts):
    found = sections(pa.array(texts, pa.string())).to_pylist()
    assert found == [section(text) for text in texts]
    assert [section(text) for text in found] == found
