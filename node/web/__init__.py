"""The pages: what people see of a node. Server-rendered, five languages, nothing needed but a browser.

Law of this room: public pages read and never write (but for the wish that a file be fetched, `attached`, and the links
of our mails, `mail`); they show what `node.store.records` gives to `PUBLIC` and nothing else. What the people of the
node may do: `node/web/admin`. Whatever a record says is text, escaped by the templates, never markup. `install` puts
the whole room into an app.
"""

from __future__ import annotations

from flask import Flask

from node.web import admin, alike, errors, language, pages, presenting, session
from node.web.doors import doors

__all__ = ["install"]


def install(app: Flask, *, remembers: bool = False) -> None:
    """Give `app` (made with the import name `node.web`) the pages, their languages, and pages for errors. `remembers`:
    whether what is dear to work out is kept for a while."""
    alike.install(app, remembers=remembers)
    language.speak(app)
    presenting.install(app)
    session.install(app)
    app.register_blueprint(pages.pages)
    app.register_blueprint(doors)
    admin.install(app)
    errors.install(app)
