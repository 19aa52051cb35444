"""Chromium without a screen, and what it noticed: violations, errors, requests."""

import json
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from process import ROOT

DRIVER = "/usr/bin/chromedriver"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
)
SHOTS = ROOT / "build" / "test-logs"
WAIT_S = 30
# In every page before its own scripts: what the policy stops is told.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""


class Browser:
    """One window; everything it loads is written down."""

    def __init__(self, profile):
        options = Options()
        options.binary_location = CHROMIUM
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        self.wait = WebDriverWait(self.driver, WAIT_S)

    def close(self):
        self.driver.quit()

    def open(self, url):
        self.driver.get(url)

    def find(self, selector):
        """The first element that can be seen, waited for."""
        return self.wait.until(expected.visibility_of_element_located((By.CSS_SELECTOR, selector)))

    def click(self, selector):
        """Waits until it can be clicked, brings it into view and clicks it."""
        element = self.wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, selector)))
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        return element

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def until(self, check):
        """Waits until check() gives something true."""
        return self.wait.until(lambda _: check())

    def shot(self, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    # --- what it noticed ---

    def violations(self):
        """What the content security policy stopped."""
        return self.driver.execute_script("return window.violations")

    def complaints(self):
        """Warnings and errors on the console."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """The URL of every request since the last call."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def hosts(self):
        """The hosts that were asked; not the browser's own pages and data in the page."""
        own = (
            "chrome",
            "chrome-extension",
            "chrome-untrusted",
            "devtools",
            "data",
            "blob",
            "about",
        )
        parts = [urlsplit(url) for url in self.requests()]
        return {part.netloc for part in parts if part.scheme not in own}
