"""The errors of the trainer that a user can cause and mend."""


class TrainingError(Exception):
    """A setting, a file or a folder breaks a rule; the message says the rule and the value."""
