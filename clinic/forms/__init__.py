"""What a person may type: one small form per action."""
