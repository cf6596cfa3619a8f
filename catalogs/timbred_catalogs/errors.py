"""What a user of the catalogue can put right."""


class CatalogError(Exception):
    """The rule, the value that broke it, and the command that mends it where there is one."""
