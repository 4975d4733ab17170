"""The demo: invented prospects and SDRs who use the public interfaces only."""
