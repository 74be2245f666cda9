"""Talking to peers over HTTP: what we ask (`client`), what we answer (`server`), where we may connect (`outbound`)."""
