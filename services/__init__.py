"""What people and programs do: one function for each act, whichever door they come by."""
