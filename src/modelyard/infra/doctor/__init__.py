"""What is wrong with an installation, and what to do about it.

A check looks at one thing and gives a finding: fine, a warning, or a failure, each with a sentence, and with advice
when there is something to do. Checks change nothing, work whether or not a server runs, and need nothing but the
settings, for the database itself may be what is broken. Rooms add theirs by the same name and type.
"""

from modelyard.infra.doctor.examination import Check, Examined, Finding, Patient, Verdict, examine, fail, ok, warn
from modelyard.infra.doctor.installation import INSTALLATION
from modelyard.infra.doctor.machine import MACHINE, loads

__all__ = [
    "INSTALLATION",
    "MACHINE",
    "Check",
    "Examined",
    "Finding",
    "Patient",
    "Verdict",
    "examine",
    "fail",
    "loads",
    "ok",
    "warn",
]
