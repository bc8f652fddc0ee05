"""The pages as a WSGI application, one per worker process of the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
application = get_wsgi_application()
