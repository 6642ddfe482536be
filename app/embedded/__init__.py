"""Local broker and mailbox, for the demo and the tests; needs the extra `demo`."""
