"""`wasl brief`: chosen practices as one file to print."""

from __future__ import annotations


def test_brief_is_one_file_with_its_styles(wasl, rabat, published, tmp_path):
    output = tmp_path / "brief.html"
    result = wasl(rabat, "brief", published, "--language", "fr", "--language", "ar", "-o", str(output))
    assert result.exit_code == 0, result.stderr
    page = output.read_text(encoding="utf-8")
    assert published in page
    assert "https://wasl.rabat.example/practices/" in page
    assert "@page" in page


def test_name_that_is_no_practice_is_told_and_alone_is_an_error(wasl, rabat, published):
    result = wasl(rabat, "brief", published, "did:key:nobody")
    assert (result.exit_code, "did:key:nobody" in result.stderr) == (0, True)
    alone = wasl(rabat, "brief", "did:key:nobody")
    assert (alone.exit_code, "unknown_record" in alone.stderr) == (1, True)


def test_pdf_is_left_to_the_browser(wasl, rabat, published):
    result = wasl(rabat, "brief", published, "-o", "brief.pdf")
    assert (result.exit_code, "print it to PDF" in result.stderr) == (2, True)
