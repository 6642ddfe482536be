"""What gathers the facts that the judges beside it judge; each a thin way to a server or a file."""
