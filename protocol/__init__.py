"""Pure rules of the network: bytes in, bytes out.

The law of this folder: no input or output, no clock, no chance. Time, randomness and keys are arguments, so that
every rule can be tested with a vector and written again by somebody else (docs/protocol.md). It imports the standard
library, `cryptography`, `orjson`, `rfc8785` and (schemas only) `marshmallow`; never Flask, requests, SQLAlchemy,
`open`, `time.time` or `os.urandom`. (Its word lists are package data, read once.) import-linter holds the arrows:
`node -> search -> protocol`, never back.
"""
