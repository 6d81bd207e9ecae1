"""One file is one public verb that measures something live and analyses it."""
