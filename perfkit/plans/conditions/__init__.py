"""What an index could use, out of the expressions that a plan prints.

PostgreSQL prints conditions as fully parenthesised SQL, for example
``((orders.user_id = 42) AND ((orders.status)::text = 'pending'::text))``. Read are the
conjuncts that compare a column, or an expression of columns, of one table with a value known
before its scan starts. Everything else (comparisons of two columns of the table, <>,
sub-plans, volatile functions) is left out and counted.
"""

from perfkit.plans.conditions.predicate import Predicate, SortKey
from perfkit.plans.conditions.reading import Conditions, conditions, predicates
from perfkit.plans.conditions.sorting import sort_keys

__all__ = ["Conditions", "Predicate", "SortKey", "conditions", "predicates", "sort_keys"]
