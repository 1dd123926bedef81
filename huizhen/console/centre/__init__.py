"""The consultation centre's own pages: board, duty, experts and their calendars, master data, statistics."""
