"""One file answers one question: canonical tables in, a Result out. Pure, no input or output."""
