"""One file = one endpoint of the shop, with its fault and the fixed twin side by side."""
