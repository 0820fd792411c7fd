"""One reader for each section of an org file, and for what several sections write alike."""
