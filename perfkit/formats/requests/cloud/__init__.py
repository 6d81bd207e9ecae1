"""Request logs of clouds, routers and proxies: one file per format."""
