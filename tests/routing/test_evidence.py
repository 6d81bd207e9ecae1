"""Planted applications: what is a parameter is found, what is a route's name stays."""

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.routing.evidence import NO_ROUTE, Evidence, Templates
from perfkit.routing.paths import shaped

FIRST = "amber birch cedar delta ember fjord grove haven ivory jolly karma lemon maple noble ocean"
LAST = "lamp chair table desk sofa shelf bed mirror rug vase clock stool bench couch frame plate"
PAIRS = [(a, b) for b in LAST.split() for a in FIRST.split()]
VERBS = "get list create update delete find".split()  # noqa: SIM905 - reads as a sentence


def zipf(chance, values, count):
    return chance.choices(values, [1 / (n + 1) for n in range(len(values))], k=count)


def shop(chance):
    slugs = [f"{a}-{b}" for a, b in PAIRS]
    return [
        *(f"/products/{slug}" for slug in zipf(chance, slugs, 4000)),
        *(f"/products/{slug}/reviews" for slug in zipf(chance, slugs, 1500)),
        *(f"/orders/{n}?full=1" for n in range(900)),
        *["/", "/products", "/cart", "/login"] * 300,
        *["/products/search?q=lamp"] * 300,
    ]


def operations(chance):
    names = [f"{verb}{a.title()}{b.title()}" for verb in VERBS for a, b in PAIRS[:25]]
    return [f"/api/{name}" for name in [*names, *zipf(chance, names, 5000)]]


def resources(chance):
    names = [f"{a}{b}s" for a, b in PAIRS[:120]]
    pages = ["", "/{n}", "/{n}/edit", "/new"]
    return [
        f"/api/v{1 + n % 2}/{name}{page.format(n=chance.randrange(9999))}"
        for name in names for page in pages for n in range(6)
    ]  # fmt: skip


def hosting(chance):
    owners = [f"{a}{chance.choice('qxz')}" for a in FIRST.split() for _ in range(12)]
    owners = sorted({f"{owner}{chr(97 + n % 26)}" for n, owner in enumerate(owners)})
    repos = [f"{a}{b}" for a, b in PAIRS]
    pages = ["", "/issues", "/issues/{n}", "/pulls", "/pull/{n}", "/tree/main"]
    paths = [
        f"/{owner}/{repo}{page.format(n=chance.randrange(5000))}"
        for owner in [*owners, *[owners[0]] * 60]
        for repo in chance.sample(repos, 2)
        for page in pages
    ]
    own = [f"/{page}" for page in ("login", "explore", "settings/keys", "settings/mail")]
    return [*paths, *own * 80, *[f"/{owner}" for owner in owners], *["/"] * 200]


def sites(chance):
    paths = []
    for language, low in (("de", 0), ("en-US", 35), ("fr", 70)):
        mine = [f"{a}-{b}" for a, b in PAIRS[low : low + 70]]
        paths += [f"/{language}/blog/{slug}" for slug in [*mine, *zipf(chance, mine, 200)]]
    return [*paths, *["/de/kontakt", "/en-US/contact", "/fr/contact"] * 20]


def assets(chance):
    images = [f"/static/img/{a}-{b}.png" for a, b in PAIRS]
    scripts = [f"/static/js/app.{chance.getrandbits(32):08x}.js" for _ in range(30)]
    return [*images, *scripts, *["/static/css/site.css", "/favicon.ico"] * 30]


PLANTED = {
    shop: {
        "/products/{name}", "/products/{name}/reviews", "/orders/{id}", "/", "/products", "/cart",
        "/login", "/products/search",
    },
    hosting: {
        "/{name}/{name}", "/{name}/{name}/issues", "/{name}/{name}/issues/{id}", "/login", "/",
        "/{name}/{name}/pulls", "/{name}/{name}/pull/{id}", "/{name}/{name}/tree/main", "/{name}",
        "/explore", "/settings/keys", "/settings/mail",
    },
    sites: {
        "/de/blog/{name}", "/en-US/blog/{name}", "/fr/blog/{name}", "/de/kontakt",
        "/en-US/contact", "/fr/contact",
    },
    assets: {
        "/static/img/{name}.png", "/static/js/app.{id}.js", "/static/css/site.css", "/favicon.ico",
    },
}  # fmt: skip


def templated(paths, found=None):
    evidence = Evidence()
    evidence.add(pa.array(paths), found=found)
    return evidence.templates().of(pa.array(paths)).to_pylist()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("app", PLANTED, ids=lambda app: app.__name__)
def test_the_routes_of_an_application_are_found(app, seed):
    assert set(templated(app(random.Random(seed)))) == PLANTED[app]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("app", "count"), [(operations, 150), (resources, 120 * 4 * 2)])
def test_the_endpoints_of_a_large_api_stay_apart(app, count, seed):
    found = set(templated(app(random.Random(seed))))
    assert len(found) == count
    assert not any("{name}" in route for route in found)


def test_a_single_endpoint_is_one_route():
    assert set(templated(["/graphql", "/graphql?op=a", "/graphql/"])) == {"/graphql"}


def scanner(chance):
    ends = ["wp-login.php", ".env", "admin.php", "backup.zip", "config.json", ".git/config"]
    folders = [folder for a, b in PAIRS for folder in (f"/{a}", f"/{a}/{b}")]
    return [f"{folder}/{end}" for folder in folders for end in chance.sample(ends, 4)]


def test_noise_of_scanners_is_one_route_and_changes_no_other():
    real, noise = shop(random.Random(1)), scanner(random.Random(2))
    found = np.array([1.0] * len(real) + [0.0] * len(noise))
    routes = templated([*real, *noise], found)
    assert routes[: len(real)] == templated(real)
    assert set(routes[len(real) :]) == {NO_ROUTE}


def test_noise_that_is_answered_otherwise_makes_few_routes_and_leaves_the_real_ones():
    real = ["/api/orders", "/api/carts", "/login", "/"] * 500
    noise = [f"/{a}{b}{n}.php" for a, b in PAIRS for n in range(9)]
    routes = templated([*real, *noise])
    assert set(routes) == {"/api/orders", "/api/carts", "/login", "/", "/{name}.php"}


def test_a_value_that_was_not_found_has_the_route_of_the_others():
    real = shop(random.Random(1))
    lost = ["/products/no-such-thing", "/orders/77777", "/products/x/y/z"]
    routes = templated([*real, *lost], np.array([1.0] * len(real) + [0.0] * 3))
    assert routes[-3:] == ["/products/{name}", "/orders/{id}", NO_ROUTE]


def test_a_broken_link_that_many_follow_keeps_its_name():
    paths = ["/"] * 980 + ["/brochure.pdf"] * 15 + ["/rare.pdf"] * 5
    routes = templated(paths, np.array([1.0] * 980 + [0.0] * 20))
    assert Counter(routes) == {"/": 980, "/brochure.pdf": 15, NO_ROUTE: 5}


@pytest.mark.parametrize("app", [*PLANTED, operations, resources], ids=lambda app: app.__name__)
def test_order_chunks_and_processes_do_not_matter(app):
    chance = random.Random(5)
    paths = app(chance)
    whole = templated(paths)
    order = chance.sample(range(len(paths)), len(paths))
    assert templated([paths[n] for n in order]) == [whole[n] for n in order]
    parts = [Evidence() for _ in range(7)]
    for n in range(28):
        parts[n % 7].add(pa.array([paths[row] for row in order[n::28]]))
    merged = parts[3]
    for part in (parts[6], parts[0], parts[1], parts[2], parts[5], parts[4]):
        merged = part.merge(merged)
    assert merged.templates().of(pa.array(paths)).to_pylist() == whole


@pytest.mark.parametrize("app", [*PLANTED, operations, resources], ids=lambda app: app.__name__)
def test_templates_of_templates_are_themselves(app):
    once = templated(app(random.Random(4)))
    assert templated(once) == once


@pytest.mark.parametrize("app", PLANTED, ids=lambda app: app.__name__)
def test_more_files_of_an_application_rename_no_route(app):
    first, more = app(random.Random(8)), app(random.Random(9))
    assert templated([*first, *more])[: len(first)] == templated(first)


def test_evidence_that_was_templated_before_knows_its_parameters():
    evidence = Evidence()
    evidence.add(pa.array(["/products/{name}", "/products"]), [5000, 300])
    evidence.add(pa.array(["/products/blue-lamp"]))
    found = evidence.templates().of(pa.array(["/products/blue-lamp", "/products/new"]))
    assert found.to_pylist() == ["/products/{name}", "/products/{name}"]


def test_counts_stand_for_requests():
    one, many = Evidence(), Evidence()
    one.add(pa.array(["/a"] * 3 + ["/b"]), found=[1, 0, 1, 0])
    many.add(pa.array(["/a", "/b"]), [3, 1], found=[2, 0])
    for evidence in (one, many):
        assert evidence.templates().of(pa.array(["/a", "/b", None])).to_pylist() == [
            "/a", "/b", None,
        ]  # fmt: skip


def test_nothing_has_no_templates():
    templates = Evidence().templates()
    assert isinstance(templates, Templates)
    assert templates.of(pa.array([None, "/orders/17"], pa.string())).to_pylist() == [
        None, "/orders/{id}",
    ]  # fmt: skip


@settings(max_examples=50)
@given(st.lists(st.text(max_size=20).map("/{}".format) | st.text(max_size=20), max_size=60))
def test_a_few_paths_of_any_kind_have_the_shape_they_have(paths):
    few = [path for path in paths if len(path) < 300]
    column = pa.array(few, pa.string())
    assert templated(few) == shaped(column).to_pylist() if few else True
