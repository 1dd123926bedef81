"""The back office's addresses; importing the modules puts the tables into it."""

from django.urls import path

from huizhen.console.admin import deadlines, house, lab, people
from huizhen.console.admin.site import site

TABLES = (people, deadlines, house, lab)

urlpatterns = [path("", site.urls)]
