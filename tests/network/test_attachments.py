"""Three real nodes in a row, a PDF and a photograph: found by a word of the PDF; the photograph erased everywhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
import tour
from papers import pdf, picture
from tour import Town, towns, until

pytestmark = pytest.mark.network

WORD = "Zellige4711"


def looked_for(town: Town, words: str) -> bool:
    answer = town.page("/search?" + urlencode({"q": words}), "en")
    assert answer.status_code == 200
    (found,) = re.findall(r'class="found">(\d+) ', answer.text)  # a page that found nothing shows the newest ones
    return int(found) > 0


def lies(town: Town, sha256: str) -> bool:
    return (town.home / "attachments" / sha256[:2] / sha256).exists()


def test_pdf_is_found_on_another_node_and_an_erased_photograph_is_gone_on_all_three(tmp_path: Path) -> None:
    with towns(tmp_path, "tiznit", "rabat", "berlin") as (tiznit, rabat, berlin):
        tiznit.befriend(rabat)
        rabat.befriend(berlin)
        practice = tiznit.publish()
        paper, photograph = tmp_path / "charte.pdf", tmp_path / "DSC_0001.JPG"
        paper.write_bytes(pdf(f"Charte des mediateurs {WORD}"))
        photograph.write_bytes(picture(size=(800, 600)))
        for trace in (b"Appareil4711", b"Exif"):
            assert trace in photograph.read_bytes()
        guide = tiznit.told("attachment", "add", str(paper), "--to", practice.uri, "--title", "Charte")
        photo = tiznit.told(
            "attachment", "add", str(photograph), "--to", practice.uri, "--title", "Le guichet",
            "--alt", "Deux tables sous une tente blanche", "--no-persons",
        )  # fmt: skip
        assert {"gps", "exif"} <= set(photo["removed"])

        until(lambda: lies(berlin, photo["sha256"]) and lies(berlin, guide["sha256"]), "Berlin has both, by Rabat")
        until(lambda: looked_for(berlin, WORD), "the practice is found by a word of the PDF")
        assert f"<mark>{WORD}</mark>" in berlin.page(f"/search?q={WORD}", "de").text, "the passage of the PDF is shown"
        for town in (tiznit, rabat, berlin):
            assert town.files_with(b"Appareil4711", b"Exif\x00\x00", b"Amina El Idrissi") == []
            given = town.page(f"/attachments/{photo['sha256']}")
            assert given.headers["Content-Type"] == "image/jpeg"
            assert hashlib.sha256(given.content).hexdigest() == photo["sha256"]
        trace = given.content[300:364]  # of the picture itself
        shown = berlin.page(f"/practices/{practice.uri.replace('/records/', '/')}", "en").text
        assert 'alt="Deux tables sous une tente blanche"' in shown
        fetched = berlin.told("attachment", "get", guide["uri"], "-o", str(tmp_path / "berlin.pdf"))
        assert (
            hashlib.sha256((tmp_path / "berlin.pdf").read_bytes()).hexdigest() == fetched["sha256"] == guide["sha256"]
        )

        tiznit.wasl("attachment", "erase", photo["uri"], "--yes")
        until(lambda: not any(lies(town, photo["sha256"]) for town in (tiznit, rabat, berlin)), "gone on all three")
        until(
            lambda: set(tiznit.told("record", "show", photo["uri"])["receipts"]) == {rabat.node.did, berlin.node.did},
            "both receipts are back",
        )
        for town in (tiznit, rabat, berlin):
            until(lambda town=town: town.files_with(trace, b"Deux tables sous") == [], "no file holds a trace of it")  # type: ignore[misc]
            assert town.page(f"/attachments/{photo['sha256']}").status_code == 404
            assert town.page(f"/attachments/{guide['sha256']}").status_code == 200
            assert looked_for(town, WORD)

        tiznit.wasl("attachment", "erase", guide["uri"], "--yes")
        until(lambda: not looked_for(berlin, WORD), "the words of the PDF find nothing any more")
        until(lambda: berlin.files_with(WORD.encode(), WORD.lower().encode()) == [], "nor do they stand anywhere")


def test_backup_brings_the_files_back_and_what_it_lacks_comes_from_the_peers(tmp_path: Path) -> None:
    with towns(tmp_path, "sale", "rabat") as (sale, rabat):
        sale.befriend(rabat)
        practice = sale.publish()
        paper = tmp_path / "a.pdf"
        paper.write_bytes(pdf("Premier texte"))
        first = sale.told("attachment", "add", str(paper), "--to", practice.uri, "--title", "Premier")["sha256"]
        sale.wasl("backup", str(tmp_path / "sale.wasl-backup"))
        paper.write_bytes(pdf("Second texte"))
        second = sale.told("attachment", "add", str(paper), "--to", practice.uri, "--title", "Second")["sha256"]
        until(lambda: lies(rabat, first) and lies(rabat, second), "Rabat has both")
        sale.stop(kill=True)
        until(lambda: not tour.answers(sale.url), "the process is gone")
        sale.node.close()
        sale.wasl("restore", str(tmp_path / "sale.wasl-backup"), "--replace")
        assert lies(sale, first)
        assert not lies(sale, second)
        sale.reopen()
        sale.start()
        until(lambda: lies(sale, second), "its own file has come back from Rabat")
