"""How ``slo`` judges budgets: who is asked, what is counted, who is to blame, since when."""
