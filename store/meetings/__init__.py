"""Meetings, bookings at calendar services, and what leads answer to invitations."""
