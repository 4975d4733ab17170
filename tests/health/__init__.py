"""How things stand is told truly and in time, whatever hangs."""
