"""What the program itself says in cards and figures, in the languages that a card may have."""
