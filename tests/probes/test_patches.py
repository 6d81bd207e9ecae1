"""Methods come back exactly as they were."""

from perfkit.probes.patches import Patches


class Thing:
    def speak(self):
        return "original"


def louder(original):
    return lambda: original().upper()


def test_only_the_instance_is_wrapped_and_nothing_is_left():
    one, other, patches = Thing(), Thing(), Patches()
    patches.wrap(one, "speak", louder)
    assert (one.speak(), other.speak()) == ("ORIGINAL", "original")
    patches.undo()
    assert one.speak() == "original"
    assert vars(one) == {}


def test_a_method_of_the_instances_own_is_restored():
    one, patches = Thing(), Patches()
    one.speak = mine = lambda: "mine"
    patches.wrap(one, "speak", louder)
    patches.wrap(one, "speak", lambda original: lambda: original() + "!")
    assert one.speak() == "MINE!"
    patches.undo()
    assert one.speak is mine


def test_somebody_elses_later_wrapper_stays():
    one, patches = Thing(), Patches()
    patches.wrap(one, "speak", louder)
    inner = one.speak
    one.speak = theirs = lambda: f"<{inner()}>"
    patches.undo()
    assert one.speak is theirs
