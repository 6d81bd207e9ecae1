"""What the shop writes about itself: request log, traces, pool log, blocked event loop."""
