"""Application frames are found, others left out."""

import json
import sys

from perfkit.probes.call_site import application_frames, describe, shown


def inner():
    return application_frames(sys._getframe(), depth=2)


def outer():
    return inner()


def test_the_innermost_frames_are_named_outermost_first():
    first, second = describe(outer()).split(";")
    assert first.startswith("tests/probes/test_call_site.py:outer:")
    assert second.startswith("tests/probes/test_call_site.py:inner:")


def test_frames_of_the_standard_library_are_left_out():
    seen = []
    json.loads("{}", object_pairs_hook=lambda _: seen.append(application_frames(sys._getframe())))
    names = [code.co_name for code, _ in seen[0]]
    assert names[:2] == ["<lambda>", "test_frames_of_the_standard_library_are_left_out"]
    assert "json/" not in describe(seen[0])


def test_installed_packages_and_perfkit_are_no_application_but_the_demo_shop_is():
    import perfkit.errors
    import perfkit.lab.shop

    assert shown("/home/me/env/lib/python3.12/site-packages/sqlalchemy/engine/base.py") == ""
    assert shown("<frozen importlib._bootstrap>") == ""
    assert shown(perfkit.errors.__file__) == ""
    assert shown(perfkit.lab.shop.__file__) == "perfkit/lab/shop/__init__.py"


def test_a_file_elsewhere_shows_no_home_directory():
    assert shown("/home/somebody/project/app/views.py") == "app/views.py"


def test_frames_are_found_through_sqlalchemys_greenlets():
    import asyncio

    from sqlalchemy.util import greenlet_spawn

    async def endpoint():
        return await greenlet_spawn(lambda: application_frames(sys._getframe()))

    site = asyncio.run(endpoint())
    assert [code.co_name for code, _ in site][:2] == ["<lambda>", "endpoint"]
