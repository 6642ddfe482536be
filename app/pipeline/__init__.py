"""Joins the stages: what intake reads goes to the pool, what comes out is written and settled."""
