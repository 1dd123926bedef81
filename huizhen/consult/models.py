"""The tables of this module, gathered for Django."""

from huizhen.consult.joint.models import Application, Draft, Invitation, Material, Opinion, Report

__all__ = ["Application", "Draft", "Invitation", "Material", "Opinion", "Report"]
