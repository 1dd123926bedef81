"""What is sent to each address that takes a body: something valid, so that the answer says who may, and not what is
missing. A 422 in the table is then a rule of the feature, reached by somebody who may do it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.house.addresses import Address

Body = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
CASE = "api/v1/consult/joint"
LAB = "api/v1/lab"
REFERRAL = "api/v1/referrals/<referral_id>"
OPINION = {"findings": "右肺上叶磨玻璃结节。", "assessment": "考虑早期肺癌可能。", "advice": "建议胸外科手术。"}
PARAGRAPH = {"text": "建议胸外科手术。", "sources": []}
APPOINTMENT = {"appointment_at": "2026-12-01T02:00:00Z", "place": "门诊三楼"}


def contract_from(values: Mapping[str, Any], answering: str) -> dict[str, Any]:
    """A contract of the county with another place."""
    return {
        "asking_id": values["object_id"], "answering_id": values[answering], "starts_on": "2026-11-23", "fee_fen": 10000,
        "urgent_fee_fen": 20000,
    }  # fmt: skip


# By method and route; `values` are the parameters of addresses, `files` the finished uploads of the one who asks.
BODIES: dict[Address, Body] = {
    Address("POST", CASE): lambda values, files: {
        "patient_id": values["patient_id"], "purpose": "diagnosis", "question": "是否需要手术？", "summary": "体检发现结节。",
        "specialty": values["specialty"], "consent_file_id": files["consent"], "document_ids": [values["document_id"]],
    },
    Address("POST", f"{CASE}/<case_id>/moves"): lambda values, files: {"name": "refer", "reason": "病情需要当面检查"},
    Address("POST", f"{CASE}/<case_id>/material-requests"): lambda values, files: {"missing": ["imaging"]},
    Address("POST", f"{CASE}/<case_id>/questions"): lambda values, files: {"question": "术后多久复查？", "client_id": "q1"},
    Address("POST", f"{CASE}/<case_id>/questions/<question_id>/answer"): lambda values, files: {"answer": "三个月后复查。"},
    Address("POST", f"{CASE}/<case_id>/invitations"): lambda values, files: {"expert_ids": [values["free_expert_id"]]},
    Address("POST", f"{CASE}/<case_id>/invitations/<invitation_id>/answer"): lambda values, files: {"accepts": True},
    Address("POST", f"{CASE}/<case_id>/invitations/<invitation_id>/release"): lambda values, files: {"reason": "专家生病"},
    Address("POST", f"{CASE}/<case_id>/chair"): lambda values, files: {"invitation_id": values["accepted_id"]},
    Address("PATCH", f"{CASE}/<case_id>/opinions/mine"): lambda values, files: OPINION,
    Address("POST", f"{CASE}/<case_id>/opinions/mine/withdrawal"): lambda values, files: {"reason": "需要补充"},
    Address("PATCH", f"{CASE}/<case_id>/report/draft"): lambda values, files: {
        "conclusion": [PARAGRAPH], "advice": [PARAGRAPH],
    },
    Address("POST", f"{CASE}/<case_id>/meeting/offers"): lambda values, files: {"minutes": 30},
    Address("POST", f"{CASE}/<case_id>/meeting/votes"): lambda values, files: {"option_ids": []},
    Address("POST", f"{CASE}/<case_id>/meeting/choice"): lambda values, files: {"option_id": values["case_id"]},
    Address("POST", f"{CASE}/<case_id>/meeting/shift"): lambda values, files: {
        "starts_at": "2026-12-01T02:00:00Z", "reason": "专家临时有紧急手术",
    },
    Address("POST", f"{CASE}/<case_id>/meeting/cancellation"): lambda values, files: {"reason": "不再需要"},
    Address("POST", f"{CASE}/<case_id>/cosigning/wish"): lambda values, files: {"wishes": True},
    Address("POST", f"{CASE}/<case_id>/cosigning/answer"): lambda values, files: {"answer": "sign"},
    Address("POST", f"{CASE}/<case_id>/cosigning/release"): lambda values, files: {
        "expert_id": values["free_expert_id"], "reason": "专家生病",
    },
    Address("POST", f"{CASE}/<case_id>/report/recall"): lambda values, files: {"reason": "再改一处"},
    Address("POST", f"{CASE}/<case_id>/report/correction"): lambda values, files: {"reason": "结节大小误写"},
    Address("POST", f"{CASE}/<case_id>/report/late-correction"): lambda values, files: {"reason": "结节大小误写"},
    Address("POST", f"{CASE}/<case_id>/report/correction/drop"): lambda values, files: {"reason": "复核无误"},
    Address("PUT", f"{CASE}/<case_id>/follow-up/day"): lambda values, files: {"days": 60},
    Address("POST", f"{CASE}/<case_id>/ratings"): lambda values, files: {"speed": 5, "clarity": 4, "use": 5},
    Address("POST", f"{CASE}/<case_id>/follow-up"): lambda values, files: {"followed": "yes", "course": "better"},
    Address("POST", f"{CASE}/<case_id>/family-links"): lambda values, files: {
        "name": "女儿", "phone": "13800138000", "days": 3,
    },
    Address("POST", "api/v1/consult/contracts"): lambda values, files: contract_from(values, "account_place"),
    Address("PUT", "api/v1/consult/contracts/<contract_id>"): lambda values, files: contract_from(values, "expert_place"),
    Address("POST", "api/v1/consult/duty/shifts"): lambda values, files: {
        "centre_id": values["centre_id"], "account_id": values["account_id"], "starts_at": "2026-12-01T00:00:00Z",
        "ends_at": "2026-12-01T10:00:00Z",
    },
    Address("POST", f"{CASE}/<case_id>/messages"): lambda values, files: {"client_id": "m2", "body": "收到。"},
    Address("POST", f"{CASE}/<case_id>/messages/read"): lambda values, files: {"number": values["number"]},
    Address("POST", "api/v1/records/emergencies"): lambda values, files: {
        "name": values["emergency_name"], "number": values["emergency_number"], "reason": "昏迷，须立即了解用药史",
    },
    Address("POST", "api/v1/records/emergencies/<emergency_id>/verdict"): lambda values, files: {
        "verdict": "justified", "reason": "有急诊病历",
    },
    Address("POST", "api/v1/records/merges"): lambda values, files: {
        "survivor_id": values["survivor_id"], "replaced_id": values["replaced_id"], "note": "电话核实",
    },
    Address("POST", "api/v1/records/merges/<merge_id>/split"): lambda values, files: {"reason": "两个人"},
    Address("POST", "api/v1/records/patients"): lambda values, files: {
        "organisation_id": values["object_id"], "name": "林秀英", "gender": "female", "birth_date": "1958-04-12",
        "identifier": {"kind": "passport", "value": "E12345678"},
    },
    Address("POST", "api/v1/records/patients/<patient_id>/documents"): lambda values, files: {
        "file_id": files["document"], "kind": "lab_report", "title": "血常规",
    },
    Address("POST", "api/v1/records/patients/<patient_id>/medicines"): lambda values, files: {"name": "阿司匹林"},
    Address("POST", "api/v1/records/medicines/<medicine_id>/corrections"): lambda values, files: {
        "name": "阿司匹林肠溶片", "reason": "核对药盒", "version": 0,
    },
    Address("POST", "api/v1/records/patients/<patient_id>/imports"): lambda values, files: {
        "file_ids": [files["imaging"]],
    },
    Address("POST", "api/v1/referrals"): lambda values, files: {
        "consultation_id": values["consultation_id"], "target_id": values["target_id"],
    },
    Address("POST", "api/v1/records/fhir/imports/<bundle_id>/taking-back"): lambda values, files: {"reason": "拿错了"},
    Address("PATCH", f"{REFERRAL}/letter"): lambda values, files: {"note": "家属一人陪同。"},
    Address("POST", f"{REFERRAL}/consent"): lambda values, files: {"paper_file_id": files["consent"]},
    Address("POST", f"{REFERRAL}/acceptance"): lambda values, files: APPOINTMENT,
    Address("PUT", f"{REFERRAL}/appointment"): lambda values, files: {**APPOINTMENT, "reason": "医生停诊"},
    Address("PUT", f"{REFERRAL}/doctor"): lambda values, files: {"account_id": values["free_expert_id"]},
    Address("POST", f"{REFERRAL}/refusal"): lambda values, files: {"reason": "床位已满"},
    Address("POST", f"{REFERRAL}/absence"): lambda values, files: {"reason": "电话未接通"},
    Address("POST", f"{REFERRAL}/answer"): lambda values, files: {"course": "better", "words": "已手术。"},
    Address("POST", "api/v1/records/patients/<patient_id>/fhir/imports"): lambda values, files: {
        "file_id": files["bundle"],
    },
    Address("POST", f"{LAB}/persons"): lambda values, files: {
        "site_id": values["site_id"], "person": {"code": values["health_code"]},
    },
    Address("POST", f"{LAB}/collections"): lambda values, files: {"tubes": [{
        "client_id": "01932f5e-7a10-7cc0-8a2e-3f6c1b2d4e5f", "site_id": values["site_id"], "panel": "NCOV",
        "barcode": "T-ADDR-1", "capacity": 1, "persons": [{"code": values["health_code"]}],
        "collected_at": "2026-03-02T01:00:00Z",
    }]},
    Address("POST", f"{LAB}/reporting/batches/<batch_id>/hand-in"): lambda values, files: {
        "handed_at": "2026-12-01T02:00:00Z",
    },
    Address("POST", f"{LAB}/reporting/batches/<batch_id>/give-back"): lambda values, files: {"reason": "网站停机"},
    Address("POST", f"{LAB}/pools"): lambda values, files: {
        "barcode": "POOL-0001", "capacity": 5, "tubes": [values["loose"], "TUBE-0003"],
    },
    Address("POST", f"{LAB}/boxes"): lambda values, files: {
        "site_id": values["site_id"], "code": "BOX-2", "barcodes": [values["loose"]],
    },
    Address("POST", f"{LAB}/boxes/<box_code>/handover"): lambda values, files: {"carrier": "周师傅"},
    Address("POST", f"{LAB}/boxes/<box_code>/receipt"): lambda values, files: {"barcodes": [values["loose"]]},
    Address("POST", f"{LAB}/exceptions/<case_id>/proposal"): lambda values, files: {"barcode": values["loose"]},
    Address("POST", f"{LAB}/tubes/<barcode>/void"): lambda values, files: {"reason": "洒了"},
    Address("POST", f"{LAB}/exceptions/<case_id>/moves"): lambda values, files: {"name": "dismiss", "reason": "重复"},
    Address("POST", f"{LAB}/exceptions/<case_id>/questions"): lambda values, files: {"instrument_id": str(values["case_id"])},
    Address("POST", f"{LAB}/exceptions/<case_id>/split"): lambda values, files: {"reason": "两个人"},
}  # fmt: skip


def body_for(address: Address, values: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request to this address; nothing in it where nothing is needed."""
    make = BODIES.get(address)
    return make(values, files) if make else {}
