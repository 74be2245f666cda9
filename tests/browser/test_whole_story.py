"""From an officer's draft to a published practice, through the pages of three real nodes, in Chromium.

Tiznit writes; Rabat is its peer; Berlin knows Rabat only. Nothing is done but by typing, choosing files and pressing.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest
from browsing import begin, enter, fill, look, open_page, press
from editing import WHOLE
from papers import pdf, picture
from person import add_person, make_cheap
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tour import Town, towns, until

pytestmark = [pytest.mark.browser, pytest.mark.network]

WORD = "Zellige4711"
TITLE_AR = "تقييم كفاءات المهاجرين المسوّاة وضعيتهم"
ALT = "Deux tables sous une tente blanche"
CAMERA = (b"Appareil4711", b"Modele4711", b"Commentaire4711", b"Exif\x00\x00", b"Amina El Idrissi")
"""What the camera and the office wrote into the files."""
CONNECTED = "() => document.querySelector('main .attached img')?.naturalWidth > 0"


def test_from_a_draft_to_a_practice_on_three_nodes_and_to_an_erased_photograph(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cheap(monkeypatch)
    with towns(tmp_path, "tiznit", "rabat", "berlin") as (tiznit, rabat, berlin):
        tiznit.befriend(rabat)
        rabat.befriend(berlin)
        for name, role in (("samira", "editor"), ("karim", "publisher")):
            add_person(tiznit.node, name, role)
        samira = enter(browser, tiznit.url, "samira")
        karim = enter(browser, tiznit.url, "karim", "ar", 390)
        draft = write(samira, tiznit)
        give(samira, pdf(f"Charte des mediateurs {WORD}"), "charte.pdf", "La charte")
        give(samira, picture(size=(800, 600)), "DSC_0001.JPG", "Le guichet", ALT)
        photograph = cleaned(samira)
        ask_and_publish(samira, karim, tiznit, draft)
        practice = published(karim)
        translate(samira, karim, tiznit, practice)

        reader = find(browser, berlin)
        read(reader, berlin, photograph)
        everyone = (tiznit, rabat, berlin)
        assert [town.files_with(*CAMERA) for town in everyone] == [[], [], []]
        trace = photograph[300:364]
        assert all(town.files_with(trace) for town in everyone), "each node keeps the photograph"

        erase(karim, tiznit, practice)
        receipts(karim)
        for town in everyone:
            until(lambda town=town: town.files_with(trace, ALT.encode()) == [], f"{town.name} has no trace of it")  # type: ignore[misc]
            answer = reader.goto(f"{town.url}/attachments/{hashlib.sha256(photograph).hexdigest()}")
            assert answer is not None
            assert answer.status == 404
        reader.goto(f"{berlin.url}{practice}?text=ar")
        expect(reader.locator("h1")).to_have_text(TITLE_AR)
        expect(reader.locator("#attachments li")).to_have_count(1)
        assert reader.locator("main img").count() == 0
        reader.goto(f"{berlin.url}/search?q={WORD}")
        expect(reader.locator("mark", has_text=WORD)).to_have_count(1)
        for page in (samira, karim, reader):
            page.context.close()


def write(samira: Page, tiznit: Town) -> str:
    """The officer writes: everything but the files."""
    draft = begin(samira, tiznit.url)
    fill(samira, WHOLE)
    press(samira, "save")
    return draft


def give(samira: Page, data: bytes, name: str, title: str, alt: str = "") -> None:
    """Choose a file on the page of the draft, say what it is, and press."""
    files = samira.locator("#files")
    before = files.locator(".attached li").count()
    files.locator('input[type="file"]').set_input_files({"name": name, "mimeType": "", "buffer": data})
    files.locator('[name="file.title"]').fill(title)
    if alt:
        files.locator('[name="file.alt"]').fill(alt)
        files.locator('[name="file.persons"][value="no"]').check()
    files.locator('button[value="attach"]').click()
    expect(samira.locator(".banner.good")).to_be_visible()
    expect(files.locator(".attached li")).to_have_count(before + 1)
    expect(samira.locator('[name="f.title"]')).to_have_value(WHOLE["title"])


def cleaned(samira: Page) -> bytes:
    """What the page says was taken out of the photograph, and its bytes as they are kept: without any of it."""
    shown = samira.locator("#files .attached li", has_text=ALT)
    expect(shown).to_contain_text("le lieu")
    samira.wait_for_function(CONNECTED)
    data = samira.request.get(samira.url.partition("/admin")[0] + str(shown.locator("img").get_attribute("src"))).body()
    without_notes(data)
    look(samira, "draft")
    return data


def without_notes(data: bytes) -> None:
    """A photograph that says neither where nor with what it was taken."""
    assert not any(trace in data for trace in CAMERA)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (800, 600)
        assert dict(image.getexif()) == dict(image.getexif().get_ifd(0x8825)) == {}


def ask_and_publish(samira: Page, karim: Page, tiznit: Town, draft: str) -> None:
    """Submitted; a colleague asks for a change; changed, approved, published."""
    press(samira, "review")
    submit(samira)
    karim.goto(f"{tiznit.url}/admin/inbox")
    karim.locator(".ledger a").first.click()
    expect(karim.locator("#files .attached li")).to_have_count(2)
    look(karim, "review")
    karim.locator("#ask").fill("كم عدد النساء؟")
    karim.locator('form[action$="/decide/ask"] button').click()
    expect(karim.locator(".banner.good")).to_be_visible()
    samira.goto(f"{tiznit.url}/admin/inbox")
    samira.locator(".ledger a").first.click()
    samira.wait_for_url(draft)
    expect(samira.locator(".remark")).to_contain_text("كم عدد النساء؟")
    fill(samira, {"results": WHOLE["results"] + " Parmi elles 42 femmes."})
    press(samira, "review")
    submit(samira)
    karim.goto(f"{draft}/review")
    decide(karim)


def submit(page: Page) -> None:
    page.wait_for_url(re.compile("/review$"))
    page.locator('form[action$="/act/submit"] button').click()
    expect(page.locator(".banner.good")).to_be_visible()


def decide(karim: Page) -> None:
    for word in ("approve", "publish"):
        karim.locator(f'form[action$="/decide/{word}"] button').click()
        expect(karim.locator(".banner.good")).to_be_visible()


def published(karim: Page) -> str:
    """The path of the practice that has just been published."""
    link = karim.locator('main a[href^="/practices/did"]').first
    return str(link.get_attribute("href"))


def translate(samira: Page, karim: Page, tiznit: Town, practice: str) -> None:
    """Into Arabic, from the page of the published practice; a colleague reads it, too."""
    samira.goto(f"{tiznit.url}/admin/published/{practice.rpartition('/')[2]}")
    expect(samira.locator("#files li")).to_have_count(2)
    samira.locator('main a[href*="/admin/translate"]').click()
    samira.locator("#language").select_option("ar")
    samira.locator("form.row button").click()
    samira.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    fill(samira, {"title": TITLE_AR})
    press(samira, "review")
    submit(samira)
    karim.goto(samira.url)
    decide(karim)


def find(browser: Browser, berlin: Town) -> Page:
    """A reader at Berlin types a word that stands in the PDF only, and opens what is found."""
    reader = open_page(browser, f"{berlin.url}/search", "ar", 390)

    def found() -> bool:
        reader.goto(f"{berlin.url}/search")
        reader.locator("#q").fill(WORD)
        reader.locator("#q").press("Enter")
        reader.wait_for_url(re.compile(f"q={WORD}"))
        return reader.locator("mark", has_text=WORD).count() == 1

    until(found, "Berlin finds the practice by a word of the PDF")
    return reader


def read(reader: Page, berlin: Town, photograph: bytes) -> None:
    """In Arabic, as it was translated; the photograph is shown, and is the one that was attached; the PDF is saved."""
    reader.locator(".item-title a").first.click()

    def whole() -> bool:
        reader.reload()
        files = reader.locator("#attachments li")
        return (
            reader.locator("h1").inner_text() == TITLE_AR and files.count() == 2 and files.locator("img").count() == 1
        )

    until(whole, "translation and files have arrived at Berlin")
    image = reader.locator("#attachments img")
    image.scroll_into_view_if_needed()
    reader.wait_for_function(CONNECTED)
    assert image.get_attribute("alt") == ALT
    assert reader.request.get(f"{berlin.url}{image.get_attribute('src')}").body() == photograph
    with reader.expect_download() as download:
        reader.locator("#attachments a", has_text="La charte").click()
    paper = download.value.path().read_bytes()
    assert paper.startswith(b"%PDF")
    assert WORD.encode() in paper
    assert not any(trace in paper for trace in CAMERA)
    look(reader, "practice")


def erase(karim: Page, tiznit: Town, practice: str) -> None:
    """The publisher erases the photograph, having typed the word that the page asks for."""
    karim.goto(f"{tiznit.url}/admin/published/{practice.rpartition('/')[2]}")
    look(karim, "published")
    karim.locator("#files li", has_text="Le guichet").locator('a[href*="/sure/file"]').click()
    look(karim, "sure")
    asked = karim.locator('label[for="typed"]').inner_text()
    karim.locator("#typed").fill(asked.rpartition(":")[2].strip())
    karim.locator("main button.danger").click()
    expect(karim.locator(".banner.good")).to_be_visible()


def receipts(karim: Page) -> None:
    """The page of the practice shows that both other nodes have carried it out."""

    def answered() -> bool:
        karim.reload()
        said = karim.locator(".ledger li").all_inner_texts()
        return len(said) == 2 and all("✓" in one for one in said)

    until(answered, "both receipts are shown")
    names = " ".join(karim.locator(".ledger li bdi").all_inner_texts())
    assert "Rabat" in names
    assert "Berlin" in names
    look(karim, "erased")
