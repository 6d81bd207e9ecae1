r"""Access logs: any log whose lines have one layout, read by a template.

A :class:`~perfkit.formats.requests.access.template.Template` is fields with a role (a column of
``requests``) and a unit, between literal texts. One parser reads them all:
``parse_template(template, chunk)`` divides all lines at once with NumPy, the few that have escaped
quotes or blanks in odd places with a regular expression, and rejects the others with the reason.

A notation for log formats is a *dialect*: a module with a constant ``DIALECT`` in this package or
in ``perfkit.formats.requests.apps``; it is found by itself and serves ``log_format=``::

    DIALECT = Dialect(
        name="nginx log_format",        # for messages
        token=re.compile(r"\\$(\\w+)"),   # what in a format string is a value
        meaning=_meaning,               # a match -> its parts (fields, texts), None: unknown
        belongs=lambda text: "$" in text,
    )

``meaning`` returns a tuple of parts: ``(Field(role="duration", unit="s", name="$request_time"),)``;
a text among them is literal (Apache's ``%t`` is ``("[", Field(...), "]")``); a field without a role
is there and not read. Roles and units are listed in :mod:`.template`.

Templates that are fixed (a framework's default) are compiled from their format string::

    _TEMPLATE = compiled(DIALECT, ':remote-addr :method :url :status', strict=False)
    parsed = parse_template(_TEMPLATE, chunk)

or built of :class:`Field` s and literals; ``strict=False`` makes lines that do not fit irrelevant
instead of rejected, for logs that other lines share. ``parse_template(..., adapt=f)`` lets a
format change columns: ``f(fields, columns) -> columns``, where ``fields`` reads further fields.
"""
