"""A mail's MJML as blocks of a form, and back: what no block expresses stays as it is written."""
