"""The lab's children: started, found running, or reported with their last words."""

from __future__ import annotations

import subprocess
import sys

import pytest

import perfkit.lab
from perfkit.errors import LabError, MissingExtra
from perfkit.lab import services
from perfkit.lab.shop.schema import Sizes


class Server:
    """The part of a server that children need; each child is a snippet of Python."""

    def __init__(self, home, code):
        self.home, self.code, self.children = home, code, []

    def url(self, database):
        return f"postgresql://nowhere/{database}"

    def spawn(self, name, command):
        log = (self.home / f"{name}.log").open("wb")
        command = [sys.executable, "-c", self.code, *command[-1:]]
        self.children.append(subprocess.Popen(command, stdout=log, stderr=log))
        log.close()
        return self.children[-1].pid


@pytest.fixture
def server(tmp_path):
    made = []

    def make(code):
        made.append(Server(tmp_path, code))
        return made[-1]

    yield make
    for one in made:
        for child in one.children:
            child.kill()
            child.wait(10)


def test_every_package_the_shop_needs_is_here():
    assert services.check_packages() is None


def test_a_missing_package_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setattr(services, "PACKAGES", ("json", "no_such_package_x"))
    with pytest.raises(MissingExtra, match="no_such_package_x") as caught:
        services.check_packages()
    assert "lab" in caught.value.hint


def test_the_workplace_is_private_and_found_again(server, tmp_path):
    (folder := services.workplace(server(""))).joinpath("kept").touch()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert services.workplace(server("")).joinpath("kept").exists()


def test_a_child_that_ends_is_reported_with_its_last_line(server):
    dying = server("import sys; print('a detail'); sys.exit('no port is free')")
    with pytest.raises(LabError, match="peers does not start: no port is free") as caught:
        services.start_services(dying, Sizes.at(0.01))
    assert caught.value.hint


def test_a_child_that_ends_in_silence_is_reported_too(server):
    with pytest.raises(LabError, match="it said nothing"):
        services.start_services(server("pass"), Sizes.at(0.01))


def test_a_child_that_is_never_ready_is_given_up(server, monkeypatch):
    monkeypatch.setattr(services, "READY_S", 0.3)
    with pytest.raises(LabError, match="peers does not start"):
        services.start_services(server("import time; time.sleep(60)"), Sizes.at(0.01))


def test_what_an_earlier_child_left_is_not_taken_for_the_new_ones(server):
    dying = server("import sys; sys.exit('port in use')")
    (services.workplace(dying) / "peers.json").write_text('{"pid": 1, "peers": {}}')
    with pytest.raises(LabError, match="port in use"):
        services.start_services(dying, Sizes.at(0.01))


REPORTS = """
import json, os, pathlib, sys, time
said = sys.argv[1]
config = json.loads(said) if said.startswith("{") else {"ready": said, "url": "db"}
facts = {"pid": os.getpid(), "peers": {"payments": "http://p"}, "url": "http://s", "got": config}
draft = pathlib.Path(config["ready"] + ".x")
draft.write_text(json.dumps(facts)); draft.replace(config["ready"]); time.sleep(60)
"""


def test_the_shop_is_told_its_database_its_peers_and_its_size(server, tmp_path):
    import json

    assert services.start_services(server(REPORTS), Sizes.at(0.01)) == "http://s"
    got = json.loads((tmp_path / "shop" / "shop.json").read_text())["got"]
    assert got["url"] == "postgresql://nowhere/shop"
    assert got["peers"] == {"payments": "http://p"}
    assert Sizes(**got["sizes"]) == Sizes.at(0.01)


@pytest.mark.lab
def test_what_runs_already_is_found_and_not_started_twice():
    with perfkit.lab.start(scale=0.02) as lab:
        again = services.start_services(lab.server, Sizes.at(0.02))
        assert again == lab.url
