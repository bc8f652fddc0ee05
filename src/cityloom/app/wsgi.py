"""The pages as a WSGI application, one per worker process of the web server."""

import os

from django.core.wsgi import get_wsgi_application

from cityloom.app.logs import tell_uncaught
from cityloom.app.processes import die_with_web_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
die_with_web_server()
tell_uncaught()
application = get_wsgi_application()

from cityloom.app.metrics import start_counting  # noqa: E402 (it reads the settings, and how counters are kept)

start_counting()

from cityloom.app.warming import warm_beside  # noqa: E402

warm_beside()
