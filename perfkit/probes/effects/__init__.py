"""Functions that do something which no rollback undoes, found before anything is executed.

A READ ONLY transaction does not stop ``pg_advisory_lock``, ``pg_terminate_backend`` or what
``dblink`` does elsewhere. So the server's catalogue decides: a function marked VOLATILE may do
anything and is refused unless it is known to be harmless. Other functions cannot write, yet
they can call volatile ones: their bodies are looked through, and so are views, policies of
row security, checks of domains, casts, operators and aggregates made from functions.
"""

from perfkit.probes.effects.plan_names import named_in
from perfkit.probes.effects.search import Effect, Frame, Search, effects

__all__ = ["Effect", "Frame", "Search", "effects", "named_in"]
