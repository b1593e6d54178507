"""Files: which of a folder are pictures by their names, and which are not."""

from pathlib import Path

from inklab.imaging import pictures_in, skipped_files


def test_pictures_and_others(tmp_path: Path) -> None:
    hidden = (".hidden", "._a.jpg", ".thumbs/a.jpg", ".thumbs/a.txt")
    for name in ("b.PNG", "a.jpg", "in/c.webp", "in/phone.HEIC", "x.heic", "README", *hidden):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [Path(name).relative_to(tmp_path).as_posix() for name in pictures_in(tmp_path)]
    assert names == ["a.jpg", "b.PNG", "in/c.webp"]
    assert skipped_files(tmp_path) == "2 .heic, 1 without an ending"
    assert skipped_files(tmp_path, tmp_path / "in").startswith("3 .heic, ")
    for name in ("1.b", "2.b", "3.c", "4.a", "5.e", "6.d", "7.f"):
        (tmp_path / "in" / name).touch()
    assert skipped_files(tmp_path / "in") == "2 .b, 1 .a, 1 .c, 1 .d, 1 .e, 2 of other endings"
    for path in (tmp_path / "in").glob("*.?"):
        path.unlink()
    (tmp_path / "in" / "phone.HEIC").unlink()
    assert skipped_files(tmp_path / "in") == ""
    (tmp_path / "in" / "a.\x1b[31mred\nline").touch()
    assert skipped_files(tmp_path / "in") == r"1 '.\x1b[31mred\nline'", "a terminal obeys no file"
