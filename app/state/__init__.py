"""What is remembered beyond a message's life: suppressed addresses, and what was delivered."""
