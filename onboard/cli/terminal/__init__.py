"""The terminal: what a person sees there, help pages, and what Ctrl-C does."""
