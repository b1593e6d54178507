"""Files: which of a folder are pictures by their names, and which are not."""

from pathlib import Path

from inklab.imaging import passed_over, pictures_in


def test_pictures_and_others(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "in/c.webp", "in/phone.HEIC", "x.heic", "README", ".hidden", "._a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [Path(name).relative_to(tmp_path).as_posix() for name in pictures_in(tmp_path)]
    assert names == ["a.jpg", "b.PNG", "in/c.webp"]
    assert passed_over(tmp_path) == "2 .heic, 1 without an ending"
    assert passed_over(tmp_path, tmp_path / "in").startswith("3 .heic, ")
    (tmp_path / "in" / "phone.HEIC").unlink()
    assert passed_over(tmp_path / "in") == ""
    (tmp_path / "in" / "a.\x1b[31mred\nline").touch()
    assert passed_over(tmp_path / "in") == r"1 '.\x1b[31mred\nline'", "a terminal obeys no file"
