"""Where code out of a document is executed: in a container, or, if that was switched on, in a process.

`isolation(policy)` gives the place; both of them start `runner.py` there, hand it a Job on stdin, read a
Report from stdout, and leave nothing behind. What comes back is the code's word: it is bounded and checked.
"""

from engine.isolation._jobs import (
    MAX_OUTPUT,
    Isolation,
    Job,
    PythonPolicy,
    Readiness,
    Report,
)
from engine.isolation._places import isolation, readiness

__all__ = [
    "MAX_OUTPUT",
    "Isolation",
    "Job",
    "PythonPolicy",
    "Readiness",
    "Report",
    "isolation",
    "readiness",
]
