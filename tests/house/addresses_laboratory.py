"""What stands in the laboratory, for the walk over all addresses."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.exceptions.actions import report_trouble
from huizhen.lab.exceptions.rules import Found
from huizhen.lab.histories.actions import ask_report, make_report
from huizhen.lab.histories.sheets import list_sheets
from huizhen.lab.instruments.readings import Reading
from huizhen.lab.reporting.actions import enlist, prepare
from huizhen.lab.reporting.models import Delivery, Upstream
from huizhen.lab.results.actions import print_report, take
from huizhen.lab.specimens.actions import collect_tube, seal_box, take_list
from huizhen.lab.specimens.models import Site
from huizhen.lab.specimens.rules import Entry, write_code
from huizhen.people.tests.builders import make_member
from huizhen.records.tests.builders import make_number


def make_laboratory(cast: Any) -> dict[str, Any]:
    """A tube of the patient with a value that waits for its review, an exception about it, and a printed report."""
    load_shipped()
    site = Site.objects.create(organisation=cast.county, laboratory=cast.county, name="采样点", code="0001")
    collector = cast.actor(make_member("collector", cast.county).account)
    tube = collect_tube(
        site, client_id=UUID(int=1), barcode="TUBE-0001", capacity=1, panel_code="CBC", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    lines = [Reading("TUBE-0001", "HGB", value="140"), Reading("TUBE-0001", "PLT", value="9999")]
    found = take(lines, message_id=UUID(int=2), instrument_id=None, at=cast.at).observations[-1]
    trouble = report_trouble(
        Found("implausible", "implausible:1", cast.county.id, cast.county.id, site.id, found.id), at=cast.at
    )
    loose = collect_tube(
        site, client_id=UUID(int=3), barcode="TUBE-0002", capacity=1, panel_code="NCOV", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    packed = collect_tube(
        site, client_id=UUID(int=4), barcode="TUBE-0003", capacity=1, panel_code="NCOV", collected_at=cast.at,
        persons=[Entry(code=write_code(cast.patient.id))], actor=collector, at=cast.at,
    )  # fmt: skip
    box = seal_box(site, code="BOX-1", barcodes=[packed.barcode], actor=collector, at=cast.at)
    printed = print_report(tube, cast.patient, language="en", actor=collector, at=cast.at)
    roster = f"姓名,身份证号\n赵小兰,{make_number()}\n".encode()
    held = take_list(site, roster, "list.csv", actor=collector, at=cast.at)
    upstream = Upstream.objects.create(organisation=cast.county, name="省平台", format="fhir", url="http://127.0.0.1:9")
    by_hand = Upstream.objects.create(organisation=cast.county, name="市平台", format="excel", way="hand")
    enlist(at=cast.at)
    refused = Delivery.objects.get(upstream=upstream)
    Delivery.objects.filter(id=refused.id).update(state="refused", settled_at=cast.at)
    batch = prepare(by_hand, after=None, actor=collector, at=cast.at)
    [sheet] = list_sheets(cast.patient.id, "zh-hans", since=cast.at - timedelta(days=1))
    own = ask_report(sheet, language="zh-hans", actor=collector, at=cast.at)
    make_report(own.id, at=cast.at)
    return {"barcode": tube.barcode, "patient_id": cast.patient.id, "observation_id": found.id, "tube_id": tube.id,
            "list_id": held.id, "upstream_id": by_hand.id, "batch_id": batch.id, "own_report_id": own.id,
            "delivery_id": refused.id,
            "case_id": trouble.case_id if trouble else None, "code": printed.paper.code, "site_id": site.id,
            "loose": loose.barcode, "box_code": box.code, "health_code": write_code(cast.patient.id)}  # fmt: skip
