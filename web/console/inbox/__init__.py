"""The tasks of people, and the screen of one."""
