"""What several tests need: servers of the suite's own, and waiting for conditions."""
