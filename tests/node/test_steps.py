"""The steps of the schema are read from the names of files: as Alembic reads them from what stands in them."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory

from node.store import steps


def test_names_of_the_files_are_the_steps_that_alembic_takes_in_their_order() -> None:
    script = ScriptDirectory(str(Path(steps.__file__).parent / "migrations"))
    assert list(steps.names()) == [step.revision for step in script.walk_revisions()][::-1]
    assert steps.names()[-1] == script.get_current_head()
