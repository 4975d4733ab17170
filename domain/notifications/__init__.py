"""What people who work here are told of: kinds, hours, words, and the formats of chats."""
