"""What is sent to each address that takes a body: something valid, so that the answer says who may, and not what is
missing. A 422 in the table is then a rule of the feature, reached by somebody who may do it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.house.addresses import Address

Body = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
CASE = "api/v1/consult/joint"
OPINION = {"findings": "右肺上叶磨玻璃结节。", "assessment": "考虑早期肺癌可能。", "advice": "建议胸外科手术。"}
PARAGRAPH = {"text": "建议胸外科手术。", "sources": []}

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
    Address("POST", f"{CASE}/<case_id>/chair"): lambda values, files: {"invitation_id": values["accepted_id"]},
    Address("PATCH", f"{CASE}/<case_id>/opinions/mine"): lambda values, files: OPINION,
    Address("POST", f"{CASE}/<case_id>/opinions/mine/withdrawal"): lambda values, files: {"reason": "需要补充"},
    Address("PATCH", f"{CASE}/<case_id>/report/draft"): lambda values, files: {
        "conclusion": [PARAGRAPH], "advice": [PARAGRAPH],
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
    Address("POST", "api/v1/records/patients/<patient_id>/imports"): lambda values, files: {
        "file_ids": [files["imaging"]],
    },
}  # fmt: skip


def body_for(address: Address, values: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request to this address; nothing in it where nothing is needed."""
    make = BODIES.get(address)
    return make(values, files) if make else {}
