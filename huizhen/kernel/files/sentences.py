"""What to tell somebody whose file was refused: what happened, and what to do now."""

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "too_large": _("This file is too large. Split it, or save it at a lower resolution, and upload it again."),
    "empty": _("This file is empty. Check the original and upload it again."),
    "wrong_type": _("This file is not what its name says, or of a type we do not take. Please choose another file."),
    "bomb": _("This archive holds too much, or archives within archives. Pack only the images of one examination."),
    "unsafe": _("This archive holds links or unsafe paths. Pack the folder of images again and upload it."),
    "forgotten": _("The time of this file was over: its content was deleted."),
    "encrypted": _("This archive has a password. Pack it without one; we keep every file encrypted."),
    "damaged": _("This archive is damaged. Pack it again and upload it."),
    "incomplete": _("The upload is not complete yet. Go on with it; what has arrived is kept."),
    "expired": _("Nobody went on with this upload for a day, so it was ended. Please upload the file again."),
    "ended": _("This upload was cancelled. Please upload the file again if you need it."),
}
