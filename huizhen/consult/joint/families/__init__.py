"""Family members follow a consultation on a phone: a short-lived link plus a code by text message, and no account."""
