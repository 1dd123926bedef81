"""The languages of instruments as pure code over bytes: no sockets, no clock, no database."""
