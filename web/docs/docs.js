"use strict";

/* Starts Swagger UI. The server may offer several documents (documents.js); then the top bar lets
   one choose. */

const SETTINGS = {
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Empty: the password form needs no client. Swagger UI then sends "Basic Og==".
  onComplete: () => window.ui.initOAuth({ clientId: "", clientSecret: "", scopes: "" }),
};

// The page has a name already, and the logo's own <style> is against the Content-Security-Policy.
const NO_LOGO = () => ({ components: { Logo: () => null } });

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.append(script);
  });
}

async function start() {
  const documents = await loadDocuments();
  if (documents.length < 2) {
    window.ui = SwaggerUIBundle({ ...SETTINGS, url: documents[0].url });
    return;
  }
  await loadScript("/docs/swagger-ui-standalone-preset.js");
  window.ui = SwaggerUIBundle({
    ...SETTINGS,
    urls: documents,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [NO_LOGO],
    layout: "StandaloneLayout",
  });
}

start();
