"""docs/dialects.md stays true: its sixth dialect is compiled, mounted and called."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import process
import profiles
import recorder
from client import PASSWORD, Client, fresh_name
from dialects import expect_unauthorized
from process import ROOT

PAGE = (ROOT / "docs" / "dialects.md").read_text(encoding="utf-8")
PATH = re.compile(r"^(src|tests|docs|tools)/[\w./-]+$")
TEMPLATES = {"src/dialects/NAME.c"}
BUILD = Path(process.BINARY).parent
DROPPED = {"-o": 2, "-MQ": 2, "-MF": 2, "-MD": 1, "-c": 2}  # and how many words that is


def run(command):
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def compiler(include):
    """How the build compiles a source of src/dialects/, warnings as errors: without its files, and
    with headers from that folder first."""
    rows = json.loads((BUILD / "compile_commands.json").read_text())
    [command] = [row["command"] for row in rows if row["file"].endswith("dialects/dialects.c")
                 and "libdialects" in row["output"]]  # fmt: skip
    words, kept = shlex.split(command), []
    while words:
        count = DROPPED.get(words[0], 0)
        kept += words[:1] if count == 0 else []
        words = words[max(count, 1) :]
    first = next(i for i, word in enumerate(kept) if word.startswith("-I"))
    return [*kept[:first], f"-I{include}", *kept[first:]]


def linker(output, objects):
    """How the build links the program, with these objects in front of the library of dialects."""
    done = subprocess.run(
        ["ninja", "-t", "commands", "-s", "latchkey"],
        cwd=BUILD, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    words = shlex.split(done.stdout.strip().splitlines()[-1])
    words[words.index("-o") + 1] = str(output)
    place = words.index("src/dialects/libdialects.a")
    return words[:place] + [str(its) for its in objects] + words[place:]


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    """The program with the page's dialect, added as the page says."""
    folder = tmp_path_factory.mktemp("sixth") / "dialects"
    folder.mkdir()
    example = re.search(r"```c\n(/\* whoami.*?)```", PAGE, re.DOTALL).group(1)
    (folder / "whoami.c").write_text(example)
    header = (ROOT / "src/dialects/dialects.h").read_text()
    last = "extern const struct row_set dialect_fastapi_crud;\n"
    assert last in header
    (folder / "dialects.h").write_text(
        header.replace(last, last + "extern const struct row_set dialect_whoami;\n")
    )
    table = (ROOT / "src/dialects/dialects.c").read_text()
    end = "&dialect_user_authentication_system,\n"
    assert end in table
    (folder / "dialects.c").write_text(table.replace(end, f"{end}    &dialect_whoami,\n"))
    objects = []
    for name in ("whoami", "dialects"):
        objects.append(folder / f"{name}.o")
        source = folder / f"{name}.c"
        run([*compiler(folder.parent), "-c", source, "-o", objects[-1]])
    made = folder / "latchkey"
    run(linker(made, objects))
    return str(made)


def test_sixth_dialect(binary, start, monkeypatch):
    """It logs in, says who one is, refuses as FastAPI does, and has a document."""
    monkeypatch.setattr(process, "BINARY", binary)
    monkeypatch.setattr(recorder, "BINARY", binary)
    for mount, prefix in (("whoami", ""), ("whoami=/legacy", "/legacy")):
        server = start(dialects=[mount])
        native = Client(server).signup(fresh_name())
        client = Client(server, prefix=prefix)
        form = {"username": native.user["username"], "password": PASSWORD}
        token = client.post("/token", form=form).expect(200).json()["access_token"]
        shown = client.get("/whoami", token=token).expect(200).json()
        assert shown == {"id": native.user["number"], "username": native.user["username"]}
        expect_unauthorized(client.get("/whoami"), "Not authenticated")
        document = client.get("/openapi.json").expect(200).json()
        assert f"{prefix}/whoami" in document["paths"]
        native.post("/v1/auth/logout").expect(204)
        client.get("/whoami", token=token).expect(200)  # another session


def test_the_page_s_example_is_in_order():
    """clang-format has nothing to say about it, as about any other source."""
    example = re.search(r"```c\n(/\* whoami.*?)```", PAGE, re.DOTALL).group(1)
    done = subprocess.run(
        ["clang-format", "--assume-filename", ROOT / "src/dialects/whoami.c"],
        input=example, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == example


def test_every_file_exists():
    text = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = [word for word in re.findall(r"`([^`]+)`", text) if PATH.match(word)]
    assert len(named) > 10
    for path in set(named) - TEMPLATES:
        assert (ROOT / path).exists(), path


def test_every_dialect_is_on_the_page():
    for name in recorder.dialects():
        assert f"| `{name}` |" in PAGE
        guide = f"from/{name}.md"
        assert f"({guide})" in PAGE and (ROOT / "docs" / guide).exists()
        path, _ = profiles.of(name).LOGIN
        assert f"| `{path}`" in PAGE or f"`{path}`, " in PAGE, path
