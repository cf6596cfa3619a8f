"""How the daemon's log is written: lines for people, or one JSON value a line."""

import json
import logging


class JsonFormatter(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        values = {"at": record.created, "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            values["stack"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False)


def set_up(level: str, as_json: bool) -> None:
    """Logs to stderr.

    Args:
        level: The least that is written, as in `daemon.log_level`.
        as_json: For programs.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])
