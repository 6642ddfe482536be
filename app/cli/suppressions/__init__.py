"""`kafka-mailer suppressions`: the addresses that no mail goes to."""
