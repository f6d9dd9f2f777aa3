"""Where `celery -A workers worker` finds the app; settings come from the environment."""

from results.settings import settings
from workers.app import make_app

app = make_app(settings())
