"""An org file as text: characters, nodes that keep their places, single values, the mistakes of one run."""
