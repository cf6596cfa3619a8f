"""The programs of a plugin as finds of their own, each at its own place."""

import logging
from dataclasses import replace

from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.readers import LOAD_SECONDS, READERS, limit_seconds
from timbred_catalogs.rows import printable
from timbred_catalogs.scan import Found

logger = logging.getLogger(__name__)


def programs_of(plugin: Found) -> list[Found]:
    """Listed in a process of its own, within a time; none where the plugin has one or none, or fails.

    Raises: NotNowError, MemoryError, ReadFailedError where that says nothing of the plugin.
    """
    limit = limit_seconds(plugin.size_bytes) + LOAD_SECONDS
    try:
        listed = READERS.ask("list_programs", plugin.path, limit=limit)
    except NotNowError:
        raise
    except UndecodableError as error:
        logger.warning("%s does not list its programs: %s", printable(plugin.path), error)
        return []
    return [replace(plugin, preset=program.locator, title=program.name) for program in listed]
