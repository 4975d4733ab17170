"""What people enter about leads by hand: who they are, how to reach them, notes, mails."""
