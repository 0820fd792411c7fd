"""What must be true beyond one section: of groups, of their platforms, of what the file refers to."""
