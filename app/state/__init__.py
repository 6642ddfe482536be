"""What outlives a message: the addresses that no mail may go to."""
