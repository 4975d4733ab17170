"""The sales side: business time, the team, routing and the SLA."""
