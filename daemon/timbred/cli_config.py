"""The settings as a command wants them: the user's file, changed by the command's options."""

from dataclasses import replace

from timbred.config import Config, load_config


def configured(catalog: str) -> Config:
    """The settings, with another catalogue where one is given.

    Args:
        catalog: Its address; empty for the configured one.

    Raises:
        ConfigError: The user's file breaks rules.
    """
    config = load_config()
    return replace(config, daemon=replace(config.daemon, catalog=catalog)) if catalog else config
