"""The import of lancedb: its log and deprecations kept off the terminal, its time and memory cut."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType

from timbred_catalogs.heap import share_heaps


def lancedb() -> ModuleType:
    """Takes most of a second the first time: call it where a catalogue is opened, not at import."""
    os.environ.setdefault("LANCEDB_LOG", "off")
    share_heaps()
    with warnings.catch_warnings(), _validators_made_when_used():
        warnings.simplefilter("ignore")
        import lancedb as module
    return module


@contextmanager
def _validators_made_when_used() -> Iterator[None]:
    """lancedb imports a REST client whose hundreds of pydantic validators take as long as all the rest.

    No catalogue asks that client anything; one that does has its validators built at the first call.
    """
    import pydantic

    build_at_once = pydantic.validate_call
    model_config = pydantic.BaseModel.model_config
    pydantic.validate_call = partial(build_at_once, config={"defer_build": True})  # type: ignore[assignment]
    pydantic.BaseModel.model_config = {**model_config, "defer_build": True}
    try:
        yield
    finally:
        pydantic.validate_call = build_at_once
        pydantic.BaseModel.model_config = model_config
