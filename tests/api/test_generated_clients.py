"""Issue 5: documents that tools understand, and clients that they make and that work.

openapi-spec-validator and openapi-python-client come from PyPI, pinned with their checksums in
tests/clients/requirements.txt; tools/setup --test puts them into build-python/.
"""

import json
import os
import re
import subprocess

import pytest

import recorder
from client import Client
from fixtures import ADMIN, ADMIN_PASSWORD
from process import COMMAND_S, ROOT, run_cli

HOME = ROOT / "build-python"
PYTHON = HOME / "bin" / "python"
CLIENTS = ROOT / "tests" / "clients"
REQUIREMENTS = CLIENTS / "requirements.txt"
NAMES = recorder.dialects()
SETS = [recorder.NATIVE, *NAMES]


def why_not():
    """Why the packages cannot be used; "" when they can."""
    marker = HOME / "setup-lock"
    if not PYTHON.exists() or not marker.exists():
        return "build-python/ is not there: tools/setup --test makes it"
    if marker.read_bytes() != REQUIREMENTS.read_bytes():
        return "build-python/ is of another tests/clients/requirements.txt"
    return ""


if why_not() and os.environ.get("CI") == "true":
    raise RuntimeError(why_not())
pytestmark = [pytest.mark.once, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def python(*words, stdin=""):
    """Runs the packages' Python, which has them compiled; what it printed."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    done = subprocess.run(
        [str(word) for word in (PYTHON, *words)], env={**own, "PYTHONDONTWRITEBYTECODE": "1"},
        input=stdin, capture_output=True, text=True, timeout=COMMAND_S * 3, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def validate(folder, document):
    """OpenAPI 3.1 as its schema has it, every reference resolved."""
    file = folder / "document.json"
    file.write_text(json.dumps(document))
    assert "OK" in python("-m", "openapi_spec_validator", "--schema", "3.1.0", file)
    assert document["openapi"].startswith("3.1.")
    identities = [
        operation["operationId"] for path in document["paths"].values() for operation in path.values()
    ]
    assert len(identities) == len(set(identities))
    dangling = {
        reference
        for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
        if reference.removeprefix("#/components/schemas/") not in document["components"]["schemas"]
    }
    assert not dangling


IMPORT_ALL = """
import importlib, pkgutil, sys
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder.parent))
package = importlib.import_module(folder.name)
for module in pkgutil.walk_packages(package.__path__, f"{folder.name}."):
    importlib.import_module(module.name)
"""


def generate(folder, document):
    """Makes a client, every module of which can be imported, and which knows the members of every
    body; a warning of the generator is a failure. Returns its folder."""
    (folder / "openapi.json").write_text(json.dumps(document))
    made = folder / "made_client"
    words = ("--path", folder / "openapi.json", "--config", CLIENTS / "generator.yml")
    more = ("--output-path", made, "--meta", "none", "--fail-on-warning")
    python("-m", "openapi_python_client", "generate", *words, *more)
    python("-c", IMPORT_ALL, made)
    bodies = "".join(file.read_text() for file in made.glob("api/*/*.py"))
    assert "isinstance(body" in bodies or "body: " in bodies
    assert not re.search(r"isinstance\(body, Any\)|body: Any\b", bodies)
    return made


def printed(name, folder):
    return json.loads(run_cli("openapi", name, folder=folder).stdout)


@pytest.mark.parametrize("name", SETS)
def test_printed_documents(tmp_path, name):
    """`latchkey openapi NAME`: valid, and fit for a generator."""
    document = printed(name, tmp_path)
    validate(tmp_path, document)
    generate(tmp_path, document)


@pytest.mark.parametrize("name", NAMES)
def test_served_documents(start, tmp_path, name):
    """Mounted at / the dialect is in /openapi.json too; every document of the server is valid."""
    client = Client(start(dialects=[name]))
    combined = client.get("/openapi.json").expect(200).json()
    own = client.get(f"/openapi/{name}.json").expect(200).json()
    native = client.get("/openapi/native.json").expect(200).json()
    for document in (combined, own, native):
        validate(tmp_path, document)
    assert set(combined["paths"]) == set(own["paths"]) | set(native["paths"])
    assert own == printed(name, tmp_path)
    generate(tmp_path, combined)


def test_all_mounted(start, tmp_path):
    """Five dialects at prefixes: a document each, in two places, paths and token URL with prefix."""
    client = Client(start(dialects=[f"{name}=/at/{name}" for name in NAMES]))
    offered = {row["name"]: row["url"] for row in client.get("/docs/documents.json").json()}
    assert set(NAMES) < set(offered)
    for name in NAMES:
        document = client.get(offered[name]).expect(200).json()
        assert document == client.get(f"/at/{name}/openapi.json").expect(200).json()
        validate(tmp_path, document)
        assert all(path.startswith(f"/at/{name}/") for path in document["paths"])
        [scheme] = document["components"]["securitySchemes"].values()
        token_url = scheme["flows"]["password"]["tokenUrl"]
        assert token_url in document["paths"] and "post" in document["paths"][token_url]


@pytest.mark.parametrize("name", NAMES)
def test_schema_names(tmp_path, name):
    """As FastAPI names them."""
    document = printed(name, tmp_path)
    schemas = document["components"]["schemas"]
    assert {"HTTPValidationError", "ValidationError", "User"} <= set(schemas)
    assert {"Token", "LoginResponse"} & set(schemas)
    assert any(name.startswith("UserCreate") for name in schemas)
    assert set(document["components"]["securitySchemes"]) == {"OAuth2PasswordBearer"}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            ending = re.sub(r"\W", "_", path) + "_" + method
            assert operation["operationId"].endswith(ending), operation["operationId"]


# --- the tour with a generated client -------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/legacy"], ids=["at-root", "at-prefix"])
@pytest.mark.parametrize("name", NAMES)
def test_tour(start, tmp_path, name, prefix):
    """A client made from the running server's document calls every operation there is."""
    server = start(admin=True, dialects=[name + (prefix and f"={prefix}")])
    document = Client(server).get(f"/openapi/{name}.json").expect(200).json()
    made = generate(tmp_path, document)
    credentials = f"{ADMIN}\n{ADMIN_PASSWORD}\n"
    called = json.loads(python(CLIENTS / "tour.py", name, made, server.url, stdin=credentials))
    operations = {
        operation["operationId"] for path in document["paths"].values() for operation in path.values()
    }
    assert set(called) == {re.sub(r"_+", "_", operation) for operation in operations}


def test_every_dialect_has_a_tour():
    tours = {file.stem for file in (CLIENTS / "tours").glob("*.py")}
    assert tours == {name.replace("-", "_") for name in NAMES}
