"""The back office's addresses; importing the two modules puts the tables into it."""

from django.urls import path

from huizhen.console.admin import house, people
from huizhen.console.admin.site import site

TABLES = (people, house)

urlpatterns = [path("", site.urls)]
