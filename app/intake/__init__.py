"""Consumer loops, the ledger of unsettled offsets and its checkpoint, decoding."""
