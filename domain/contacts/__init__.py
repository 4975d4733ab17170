"""What files, traits and forms say of people and companies: a reader for each kind of value."""
