"""The tracking API, as Segment's client libraries speak it."""
