/** What every page has: HTMX without eval and without styles of its own, and the form token on its requests. */
import htmx from "htmx.org";

import "./choose";
import "./here";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token) (event as CustomEvent).detail.headers["X-CSRFToken"] = token;
});
