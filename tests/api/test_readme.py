"""The README's tour, every command as printed (only the address and the paths are the test's)."""

import json
import re
import subprocess

from process import BINARY, COMMAND_S, ROOT, environment_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
MARK = "@@end of a block@@"


def blocks(text):
    """The shell blocks of a text, in order."""
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run_all(server, commands):
    """Runs the blocks in one shell, as a reader would; returns what each printed."""
    script = f"\necho; echo '{MARK}'\n".join(commands)
    script = script.replace("127.0.0.1:8000", server.address).replace("build/latchkey", BINARY)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=server.folder,
        env={**environment_of({}), "LATCHKEY_DATABASE": server.database},
        capture_output=True,
        text=True,
        timeout=COMMAND_S * 3,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [part.strip() for part in done.stdout.split(MARK)]


def test_the_tour(start):
    server = start()
    before, tour = README.split("## A tour")
    tour = tour.split("## Configuration")[0]
    first_admin = [block for block in blocks(before) if "user create" in block]
    assert len(first_admin) == 1
    signup, login, me, refresh, sessions, others, logout, admin = run_all(
        server, first_admin + blocks(tour)
    )[1:]

    assert json.loads(signup)["user"]["username"] == "ada"
    assert login == "" and refresh == ""
    assert '"name":"Ada Lovelace","age":36' in me
    assert sessions.count('"current":true') == 1 and "HTTP/1.1 204" in sessions
    assert "HTTP/1.1 200" in others and "X-Auth-Username: ada" in others
    assert '"token_type":"bearer"' in others
    assert "HTTP/1.1 204" in logout and '"code":"invalid_token"' in logout
    assert '"username":"root"' in admin and '"status":"disabled"' in admin
    assert "HTTP/1.1 204" in admin


def test_the_links_of_the_documentation():
    """Every relative link of a page leads to a file."""
    pages = [ROOT / "README.md", *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in link and not link.startswith("mailto:"):
                assert (page.parent / link).exists(), f"{page}: {link}"
