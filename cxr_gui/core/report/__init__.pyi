from .card import card_table, extend_card, write_card
from .card_claims import CardClaim, read_card
from .charts import accuracy_chart, save_figure
from .documents import write_report, write_reports
from .figures import comparable, example_images, sweep_folders, write_chart, write_examples
from .heat_table import heat_chart, shift_table, shift_text
from .panels import panel, write_attack
from .paper import PAPER_KINDS, check_paper_kinds, write_paper, write_table
from .proven import certificate_text
from .results import table_text
from .source import read_source
from .study_folder import StudyFolder, about_data
from .subgroup_table import subgroup_document, subgroup_text, write_subgroups
from .whole import Known, write_whole

__all__ = [
    "PAPER_KINDS",
    "CardClaim",
    "Known",
    "StudyFolder",
    "about_data",
    "accuracy_chart",
    "card_table",
    "certificate_text",
    "check_paper_kinds",
    "comparable",
    "example_images",
    "extend_card",
    "heat_chart",
    "panel",
    "read_card",
    "read_source",
    "save_figure",
    "shift_table",
    "shift_text",
    "subgroup_document",
    "subgroup_text",
    "sweep_folders",
    "table_text",
    "write_attack",
    "write_card",
    "write_chart",
    "write_examples",
    "write_paper",
    "write_report",
    "write_reports",
    "write_subgroups",
    "write_table",
    "write_whole",
]
