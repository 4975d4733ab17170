"""Tasks: what each kind may end with, and what a person enters to end one."""
