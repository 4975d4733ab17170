"""What figures are: stages and their order, funnels, flows, curves. No I/O."""
