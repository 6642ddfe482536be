"""What is remembered beyond a message's life."""
