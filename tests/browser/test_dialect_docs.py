"""Issue 5: each mounted dialect can be chosen in /docs and /redoc, authorized for and tried."""

import json
import re

import pytest
from selenium.webdriver.support.ui import Select

import profiles
import recorder
from client import Client
from fixtures import ADMIN, ADMIN_PASSWORD
from test_docs import authorize, quiet

NAMES = recorder.dialects()
AT_ROOT = "fastapi-crud"  # the others at prefixes: their paths clash
CHOOSER = ".topbar select"


@pytest.fixture(scope="module")
def server(start_module):
    """All dialects, one of them at /."""
    mounts = [name if name == AT_ROOT else f"{name}=/at/{name}" for name in NAMES]
    return start_module(admin=True, dialects=mounts)


def document_of(server, name):
    return Client(server).get(f"/openapi/{name}.json").expect(200).json()


def choose(browser, selector, name):
    """Picks an entry of a list by what a person reads."""
    Select(browser.find(selector)).select_by_visible_text(name)


def names_in(browser, selector):
    return [option.text for option in Select(browser.find(selector)).options]


def open_docs(browser, server, name, title):
    """/docs with the dialect chosen, as far as its operations are there."""
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    choose(browser, CHOOSER, name)
    browser.until(lambda: browser.find(".info .title").text.startswith(title))
    browser.find(".opblock")


def alive(document, name):
    """A call that needs a token and nothing else: its block, and its path."""
    method, path = profiles.of(name).ALIVE
    prefix = "" if name == AT_ROOT else f"/at/{name}"
    operation = document["paths"][prefix + path][method.lower()]
    tag = re.sub(r"\W", "_", operation["tags"][0])
    return f"[id='operations-{tag}-{operation['operationId']}']", prefix + path


def execute(browser, block):
    """Opens the operation and executes it; the live answer's status and body."""
    browser.click(f"{block} .opblock-summary-control")
    browser.find(f"{block} .opblock-body")
    browser.click(f"{block} .execute")
    row = f"{block} .live-responses-table .response"
    status = browser.find(f"{row} .response-col_status").text.split()[0]
    return status, browser.find(f"{row} .response-col_description pre").text


def test_all_are_offered(browser, server):
    """In both pages: the dialects, the native API, and what / serves in all."""
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    assert names_in(browser, CHOOSER) == [*NAMES, "Latchkey", "Everything at /"]
    browser.open(f"{server.url}/redoc")
    browser.find("[data-section-id^='tag/']")
    assert names_in(browser, "#lk-document") == [*NAMES, "Latchkey", "Everything at /"]
    quiet(browser, server)


@pytest.mark.parametrize("name", NAMES)
def test_docs(browser, server, name):
    """Chosen, the password form logs in at the dialect's own token URL, a protected call is 200."""
    document = document_of(server, name)
    open_docs(browser, server, name, document["info"]["title"])
    paths = {element.get_attribute("data-path") for element in browser.all(".opblock-summary-path")}
    assert paths == set(document["paths"])
    authorize(browser, ADMIN, ADMIN_PASSWORD)
    browser.until(lambda: "Logout" in browser.find(".auth-container").text)
    assert any(url.endswith(token_url(document)) for url in browser.requests())
    browser.click(".auth-container .btn-done")
    block, path = alive(document, name)
    status, body = execute(browser, block)
    browser.shot(f"docs-{name}")
    assert status == "200", body
    assert ADMIN in json.dumps(json.loads(body))
    assert server.url + path in [url.split("?")[0] for url in browser.requests()]
    assert browser.violations() == [] and browser.complaints() == []


def token_url(document):
    [scheme] = document["components"]["securitySchemes"].values()
    return scheme["flows"]["password"]["tokenUrl"]


@pytest.mark.parametrize("name", NAMES)
def test_docs_without_a_token(browser, server, name):
    """The refusal is shown in FastAPI's form."""
    document = document_of(server, name)
    open_docs(browser, server, name, document["info"]["title"])
    status, body = execute(browser, alive(document, name)[0])
    assert status == "401"
    assert json.loads(body)["detail"] == "Not authenticated"


@pytest.mark.parametrize("name", NAMES)
def test_redoc(browser, server, name):
    """Chosen in the bar, the page shows the dialect's title and every operation."""
    document = document_of(server, name)
    browser.open(f"{server.url}/redoc?document=Latchkey")
    browser.find("[data-section-id^='tag/']")
    choose(browser, "#lk-document", name)
    browser.until(lambda: browser.driver.current_url.endswith(f"document={name}"))
    browser.until(lambda: browser.find("h1").text.startswith(document["info"]["title"]))
    browser.find("[data-section-id^='tag/']")
    text = browser.find("body").text
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"] in text
    assert Select(browser.find("#lk-document")).first_selected_option.text == name
    link = browser.find("nav a[href$='.json']").get_attribute("href")
    assert link == f"{server.url}/openapi/{name}.json"
    browser.shot(f"redoc-{name}")
    quiet(browser, server)


def test_redoc_leads_to_the_same_document(browser, server):
    """From the reference to trying it out, the dialect stays chosen."""
    browser.open(f"{server.url}/redoc?document=pymongo-async")
    browser.find("[data-section-id^='tag/']")
    browser.click("nav a[href^='/docs']")
    title = document_of(server, "pymongo-async")["info"]["title"]
    browser.until(lambda: browser.find(".info .title").text.startswith(title))


def test_redoc_with_an_unknown_name(browser, server):
    """A link that is out of date shows the first document."""
    browser.open(f"{server.url}/redoc?document=%3Cscript%3E")
    browser.find("[data-section-id^='tag/']")
    assert Select(browser.find("#lk-document")).first_selected_option.text == NAMES[0]
    quiet(browser, server)


def test_nothing_to_choose(browser, start):
    """Without a dialect there is one document, and no list."""
    server = start()
    browser.open(f"{server.url}/redoc")
    browser.find("[data-section-id^='tag/']")
    assert not browser.all(".lk-choose:not([hidden])")
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    assert not browser.all(".topbar")


def test_redoc_on_a_narrow_screen(browser, server):
    """The list fits: nobody has to scroll sideways."""
    browser.driver.set_window_size(420, 900)
    browser.open(f"{server.url}/redoc?document={max(NAMES, key=len)}")
    browser.find("[data-section-id^='tag/']")
    browser.find("#lk-document")
    width, room = browser.driver.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    browser.shot("redoc-narrow")
    assert width <= room
