"""Settings of what stands beside the pages: the look-up of results, and the ports that devices reach."""

from huizhen.config import readers
from huizhen.config.options import option

BIND = option("HUIZHEN_BIND", "127.0.0.1", "Address the processes listen on.")
LOOKUP_PORT = option(
    "HUIZHEN_LOOKUP_PORT", "8002", "Port of the process that looks up laboratory results.", read=readers.port
)
LOOKUP_WORKERS = option("HUIZHEN_LOOKUP_WORKERS", "1", "Number of look-up worker processes.", read=readers.whole(1))
LOOKUP_CITIZENS = option(
    "HUIZHEN_LOOKUP_CITIZENS",
    "600",
    "How many people may wait in one look-up worker; the next are told when to return.",
    read=readers.whole(1),
)
LOOKUP_STAFF = option(
    "HUIZHEN_LOOKUP_STAFF", "200", "The same for tokens of staff, beside the others.", read=readers.whole(0)
)
LOOKUP_REPLICAS = option(
    "HUIZHEN_LOOKUP_REPLICAS",
    "",
    "Addresses of streaming replicas that answer look-ups while they are fresh.",
    read=readers.databases,
    secret=True,
)
MLLP_PORT = option(
    "HUIZHEN_MLLP_PORT", "2575", "Port for instruments that speak HL7 (MLLP); 0 for none.", read=readers.port_or_none
)
ASTM_PORT = option(
    "HUIZHEN_ASTM_PORT", "2576", "Port for instruments that speak ASTM over TCP; 0 for none.", read=readers.port_or_none
)
RAW_MESSAGE_DAYS = option(
    "HUIZHEN_RAW_MESSAGE_DAYS",
    "730",
    "Days that instruments' messages are kept as they came, once their results are final; 0 for ever.",
    read=readers.whole(0),
)
INTAKE_BIND = option("HUIZHEN_INTAKE_BIND", BIND, "Address the intake process listens on for instruments.")
INTAKE_METRICS_PORT = option(
    "HUIZHEN_INTAKE_METRICS_PORT",
    "0",
    "Port of the intake process's `/metrics`; 0 for none.",
    read=readers.port_or_none,
)
DICOM_BIND = option("HUIZHEN_DICOM_BIND", BIND, "Address the receiver of images listens on.")
DICOM_AE_TITLE = option(
    "HUIZHEN_DICOM_AE_TITLE", "HUIZHEN", "What devices must call the receiver of images.", read=readers.ae_title
)
DICOM_ASSOCIATIONS = option(
    "HUIZHEN_DICOM_ASSOCIATIONS", "10", "How many devices may send images at the same time.", read=readers.whole(1)
)
DICOM_LARGEST_MB = option(
    "HUIZHEN_DICOM_LARGEST_MB",
    "512",
    "Largest object in MB that a device may send; it is held in memory.",
    read=readers.whole(1),
)
DICOM_METRICS_PORT = option(
    "HUIZHEN_DICOM_METRICS_PORT", "0", "Port of the image receiver's `/metrics`; 0 for none.", read=readers.port_or_none
)
