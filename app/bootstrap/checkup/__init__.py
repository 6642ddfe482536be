"""Finding out what is wrong with a set-up before production does.

For each area a judge, pure over what was gathered, and a gatherer; `rounds` brings them together.
"""
