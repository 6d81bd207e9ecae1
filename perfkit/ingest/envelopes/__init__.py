"""What container runtimes and log services put around lines, taken off before recognition."""
