"""The pages as a WSGI application, one per worker process of the web server."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from cityloom.app.logs import tell_uncaught
from cityloom.app.processes import die_with_my_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
if os.environ.get("CITYLOOM_WEB_PARENT") == str(os.getppid()):
    die_with_my_parent(signal.SIGKILL)  # a web server killed hard must not leave workers that hold the port
tell_uncaught()
application = get_wsgi_application()

from cityloom.app.metrics import start_counting  # noqa: E402 (it reads the settings, and how counters are kept)

start_counting()

from cityloom.app.warming import warm_beside  # noqa: E402

warm_beside()
