"""The docs pages as a newcomer uses them: read, authorize, try out; nothing from elsewhere."""

import json

import pytest

from client import PASSWORD, Client, fresh_name

ME = "#operations-Users-getSelf"


@pytest.fixture(scope="module")
def person(server):
    client = Client(server).signup(fresh_name("reader"), name="Rea Der")
    return client


def quiet(browser, server):
    """No violation, no complaint, no other host."""
    assert browser.violations() == []
    assert browser.complaints() == []
    assert browser.hosts() == {server.address}


def authorize(browser, username, password):
    """The password form behind "Authorize"."""
    browser.click(".btn.authorize")
    browser.find(".auth-container #oauth_username").send_keys(username)
    browser.find(".auth-container #oauth_password").send_keys(password)
    browser.click(".auth-container .modal-btn.auth.authorize")


def try_me(browser):
    """Opens the operation and executes it; the live answer's status and body."""
    browser.click(f"{ME} .opblock-summary-control")
    browser.find(f"{ME} .opblock-body")
    if not browser.all(f"{ME} .execute"):
        browser.click(f"{ME} .try-out__btn")
    browser.click(f"{ME} .execute")
    row = f"{ME} .live-responses-table .response"
    status = browser.find(f"{row} .response-col_status").text.split()[0]
    return status, browser.find(f"{row} .response-col_description pre").text


def test_docs_shows_the_operations(browser, server):
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    paths = {element.get_attribute("data-path") for element in browser.all(".opblock-summary-path")}
    document = Client(server).get("/openapi.json").expect(200).json()
    assert paths == set(document["paths"])
    assert "Latchkey" in browser.driver.title
    browser.shot("docs")
    quiet(browser, server)


def test_authorize_and_try_it_out(browser, server, person):
    """Issue 12: the password form logs in, and the next request bears the token."""
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    authorize(browser, person.user["username"], PASSWORD)
    browser.until(lambda: "Logout" in browser.find(".auth-container").text)
    browser.click(".auth-container .btn-done")
    status, body = try_me(browser)
    browser.shot("docs-try-it-out")
    assert status == "200"
    assert json.loads(body)["username"] == person.user["username"]
    quiet(browser, server)


def test_wrong_password_is_told(browser, server, person):
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    authorize(browser, person.user["username"], "not the password")
    error = browser.find(".auth-container .errors")
    assert error.text
    browser.shot("docs-wrong-password")
    assert browser.violations() == []
    assert browser.hosts() == {server.address}


def test_without_token(browser, server):
    """Try it out before authorizing shows the refusal."""
    browser.open(f"{server.url}/docs")
    browser.find(".opblock")
    status, body = try_me(browser)
    assert status == "401"
    assert "missing_token" in body


def test_redoc(browser, server):
    """Every operation is there; its own logo, which lives on another host, is not."""
    browser.open(f"{server.url}/redoc")
    browser.find("[data-section-id^='tag/']")
    document = Client(server).get("/openapi.json").expect(200).json()
    text = browser.find("body").text
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"] in text
    browser.shot("redoc")
    quiet(browser, server)


def test_root_leads_to_the_docs(browser, server):
    browser.open(server.url + "/")
    browser.find(".opblock")
    assert browser.driver.current_url.startswith(f"{server.url}/docs")
