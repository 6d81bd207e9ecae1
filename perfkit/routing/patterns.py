r"""Routes as people write them, read as patterns, section by section.

Understood: ``/orders/{id}``, ``{id:int}``, ``{path:path}``, ``{*path}``, ``{path...}`` (Starlette,
OpenAPI, Spring, ASP.NET, Go), ``<int:id>``, ``<path:rest>``, ``<id:int>`` (Flask, Django, Bottle),
``:id``, ``:id(\d+)``, ``:id?``, ``*`` (Express, Rails, gin), ``(?P<pk>[0-9]+)`` (Django's regular
expressions), with or without a method before and slashes around.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["KINDS", "Part", "bare_route", "is_pattern", "parts"]

#: What the converters of routers accept; the order is that in which they are tried.
KINDS = {
    "int": "[0-9]+",
    "uuid": "(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    "float": r"[0-9]+(?:\.[0-9]+)?",
}
_WORDS = {
    **dict.fromkeys(("int", "integer", "long", "digit", r"\d+", "[0-9]+", "[1-9][0-9]*"), "int"),
    **dict.fromkeys(("uuid", "guid"), "uuid"),
    **dict.fromkeys(("float", "decimal", "double", "number"), "float"),
    **dict.fromkeys(("path", ".*", ".+", "(.*)", "(.+)"), "rest"),
}
_METHOD = re.compile(r"\s*(?:[A-Z]+(?:[,|][A-Z]+)*\s+)?(\S.*?)\s*", re.DOTALL)
_GROUP = re.compile(r"\((?:\?P?<(\w+)>)?((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)")
_PLACE = re.compile(
    r"\{(?P<braces>[^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
    r"|<(?P<angles>[^<>]+)>"
    r"|(?<![\w:}>]):(?P<colon>[A-Za-z_]\w*(?:\((?:[^()]|\([^()]*\))*\))?[?*+]?)"
    r"|(?<=/)(?P<star>\*{1,2}\w*)"
)
_MARK = re.compile("\0(\\d+)\0")


@dataclass(frozen=True)
class Part:
    """One section of a pattern.

    ``kind``: ``literal`` (``text`` itself), one of :data:`KINDS`, ``mixed`` (``text`` is a regular
    expression), ``any``, ``rest`` (this and all that follows).
    """

    kind: str
    text: str = ""
    optional: bool = False


def bare_route(route: str) -> str:
    """Return a route without its method, with a slash before it.

    Example:
        >>> bare_route("GET orders/<int:id>/")
        '/orders/<int:id>/'
    """
    found = _METHOD.fullmatch(route)
    path = found[1] if found else ""
    return path if path.startswith(("/", "^")) else f"/{path}"


def is_pattern(route: str) -> bool:
    """Say whether a recorded route is one of paths, not the name of a handler."""
    path = route.rpartition(" ")[2]
    return path.startswith(("/", "^")) or bool(re.search(r"/.*[<{]|[<{].*[>}].*/", path))


def parts(route: str) -> tuple[Part, ...]:
    """Read a route (see the module) as sections; slashes around it do not count.

    Example:
        >>> [part.kind for part in parts("/orders/{id:int}/lines")]
        ['literal', 'int', 'literal']
    """
    path = bare_route(route).replace("(.:format)", "")  # Rails: an extension, or none
    if path.startswith("^") or "(?" in path:
        path = _from_expression(path)
    places: list[Part] = []

    def marked(found: re.Match[str]) -> str:
        places.append(_place(found))
        return f"\0{len(places) - 1}\0"

    text = _PLACE.sub(marked, path.replace("\0", ""))
    return tuple(_part(section, places) for section in text.split("/") if section)


def _from_expression(path: str) -> str:
    """Write a regular expression's groups as parameters."""
    written = _GROUP.sub(lambda found: f"{{{found[1] or 'value'}:{found[2]}}}", path)
    plain = re.sub(r"\\([./-])", r"\1", written).replace("/^", "/").lstrip("^/")
    return plain.removesuffix("$").removesuffix("?")


def _place(found: re.Match[str]) -> Part:
    what = found[found.lastgroup or 0]
    if found.lastgroup == "star":
        return Part("rest")
    optional = what.endswith("?") and found.lastgroup != "angles"
    if found.lastgroup == "colon":
        name, _, converter = what.rstrip("?").partition("(")
        rest = name.endswith(("*", "+")) or converter.endswith(("*", "+"))
        return Part("rest" if rest else _kind(converter[:-1]), optional=optional)
    if what.startswith("*") or what.endswith("..."):
        return Part("rest")
    kinds = [_kind(word) for word in what.rstrip("?").split(":")]
    if found.lastgroup == "braces":  # the name comes first
        kinds = [_kind(what.rstrip("?").partition(":")[2])]
    return Part(next((kind for kind in kinds if kind != "any"), "any"), optional=optional)


def _kind(converter: str) -> str:
    known = _WORDS.get(converter.strip())
    return known or _WORDS.get(converter.partition("(")[0].strip(), "any")


def _part(section: str, places: list[Part]) -> Part:
    whole = _MARK.fullmatch(section)
    if whole:
        return places[int(whole[1])]
    if "\0" not in section or not section.replace("\0", "").isprintable():
        return Part("literal", section)
    pieces = _MARK.split(section)  # literal, index, literal, ...
    texts = [re.escape(piece) if place % 2 == 0 else ".+?" for place, piece in enumerate(pieces)]
    return Part("mixed", "".join(texts))
