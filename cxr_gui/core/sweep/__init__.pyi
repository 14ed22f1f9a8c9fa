from .by_subgroup import SIDES, Subgroup, attributes_of_images, subgroups
from .comparison import Comparison, align, can_be_compared
from .critical import critical_epsilons
from .events import ShiftProgress, SweepProgress
from .files import read_sweep, sweep_document, write_sweep
from .outcome import NOT_KNOWN, OUTCOMES, STATES, Outcomes, outcomes
from .paired import PairedDifference
from .points import Point, noise_kinds
from .proof import Proof
from .quantities import QUANTITIES, Quantity, ReportColumn, TableName
from .requirement import Requirement
from .result import SweepResult, described
from .shift_files import shift_document, write_shifts
from .shift_reading import read_shifts
from .shift_result import ShiftResult
from .shift_sweeping import sweep_shifts
from .subject import classifier_digest
from .sweep_folder import SHIFTS_FILE, SweepFolder, shifts_folder
from .sweeping import CHECKED, in_turn, sweep, sweep_store
from .trust import answers, curves, gradients, searches
from .trust.answers import same_answer_alone
from .trust.check import QUESTIONS, Check, Question
from .trust.curves import growth, noise_is_weaker, saturation
from .trust.evidence import FALLBACK_EPSILON, Evidence, FirstImages, telling_epsilon
from .trust.gradients import zero_gradients
from .trust.searches import LARGE_EPSILON, QUERIES
from .unfinished import UnfinishedSweep, resumable, unfinished_sweeps

__all__ = [
    "CHECKED",
    "FALLBACK_EPSILON",
    "LARGE_EPSILON",
    "NOT_KNOWN",
    "OUTCOMES",
    "QUANTITIES",
    "QUERIES",
    "QUESTIONS",
    "SHIFTS_FILE",
    "SIDES",
    "STATES",
    "Check",
    "Comparison",
    "Evidence",
    "FirstImages",
    "Outcomes",
    "PairedDifference",
    "Point",
    "Proof",
    "Quantity",
    "Question",
    "ReportColumn",
    "Requirement",
    "ShiftProgress",
    "ShiftResult",
    "Subgroup",
    "SweepFolder",
    "SweepProgress",
    "SweepResult",
    "TableName",
    "UnfinishedSweep",
    "align",
    "answers",
    "attributes_of_images",
    "can_be_compared",
    "classifier_digest",
    "critical_epsilons",
    "curves",
    "described",
    "gradients",
    "growth",
    "in_turn",
    "noise_is_weaker",
    "noise_kinds",
    "outcomes",
    "read_shifts",
    "read_sweep",
    "resumable",
    "same_answer_alone",
    "saturation",
    "searches",
    "shift_document",
    "shifts_folder",
    "subgroups",
    "sweep",
    "sweep_document",
    "sweep_shifts",
    "sweep_store",
    "telling_epsilon",
    "unfinished_sweeps",
    "write_shifts",
    "write_sweep",
    "zero_gradients",
]
