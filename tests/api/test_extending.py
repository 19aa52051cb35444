"""docs/extending.md stays true: what it names is there."""

import re

from process import ROOT

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
PATH = re.compile(r"^(src|tests|docs|migrations|tools)/[\w./-]+$|^[A-Z]+\.md$")
NAME = re.compile(r"^(struct )?[A-Za-z_]\w{3,}$|^[A-Z]+ [A-Z]+ \w+$|^\w+:\w+$|^/v1/\w+$")
OTHER = {"products:update"}  # said of rows in general


def paragraphs():
    """The page in pieces that each speak of a file: rows of tables, paragraphs, items of lists."""
    text = re.sub(r"```c\n.*?```", "", PAGE, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n|\n(?=- )", text):
        yield from block.split("\n") if block.lstrip().startswith("|") else [block]


def test_every_file_exists():
    named = [word for word in re.findall(r"`([^`]+)`", PAGE) if PATH.match(word)]
    assert len(named) > 30
    for path in named:
        assert (ROOT / path).exists(), path


def test_every_name_stands_in_its_file():
    """A name in a row or paragraph stands in one of the files named there."""
    checked = 0
    for block in paragraphs():
        words = re.findall(r"`([^`]+)`", block)
        files = [ROOT / word for word in words if PATH.match(word) and (ROOT / word).is_file()]
        if not files:
            continue
        texts = [file.read_text(encoding="utf-8") for file in files]
        for word in words:
            if NAME.match(word) and word not in OTHER:
                assert any(word in text for text in texts), (word, [str(f) for f in files])
                checked += 1
    assert checked > 30


def test_the_row_is_the_real_one():
    """The row that the page shows is the one that is served."""
    shown = re.search(r"```c\n(.*?)```", PAGE, re.DOTALL).group(1)
    source = (ROOT / "src" / "api" / "routes_products.c").read_text(encoding="utf-8")
    assert re.sub(r"\s+", " ", shown.strip()) in re.sub(r"\s+", " ", source)


def test_the_files_of_the_resource_are_all_named():
    """A file that is about products by its name is on the page."""
    for folder in ("src", "tests", "migrations"):
        for file in (ROOT / folder).rglob("*product*"):
            path = str(file.relative_to(ROOT))
            if file.suffix in (".c", ".sql", ".json", ".py"):
                assert f"`{path}`" in PAGE, path
