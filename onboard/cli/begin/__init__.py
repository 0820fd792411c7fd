"""The commands to begin with: write a definition, check it, describe it to editors, see the main job."""
