"""Chinese days without a leading zero: `3月4日`."""

# house: chinese, because Django keeps a language's way of writing days in a module and not in a catalogue
MONTH_DAY_FORMAT = "n月j日"
# house: chinese, because this is the same with the year
SHORT_DATE_FORMAT = "Y年n月j日"
