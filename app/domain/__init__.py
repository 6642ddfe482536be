"""Values, errors and protocols that all stages share; imports nothing of ours."""
