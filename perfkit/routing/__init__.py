"""Which route a path belongs to: shapes of ids, evidence of many paths, the app's own routes.

:mod:`~perfkit.routing.shapes` knows an id when it sees one; :mod:`~perfkit.routing.evidence` finds
names that stand in the place of a parameter by how many there are; :mod:`~perfkit.routing.matching`
matches paths against known routes; :mod:`~perfkit.routing.listed` reads an app's own list of them.
"""
