"""Appointments: free times, calendar invitations, and what booking services report."""
