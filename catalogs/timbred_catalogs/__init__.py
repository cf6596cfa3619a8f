"""The catalogue of sounds: schema, ingest, search and migrations over LanceDB."""
