"""What screens ask: select()s and statements that several views share."""
