from .card import extend_card, write_card
from .charts import accuracy_chart, save_figure
from .documents import write_report, write_reports
from .figures import comparable, example_images, sweep_folders, write_chart, write_examples
from .heat_table import heat_chart, shift_text
from .panels import panel, write_attack
from .proven import certificate_text
from .results import table_text
from .source import read_source
from .study_folder import StudyFolder, about_data
from .subgroup_table import subgroup_document, subgroup_text, write_subgroups
from .whole import Known, write_whole

__all__ = [
    "Known",
    "StudyFolder",
    "about_data",
    "accuracy_chart",
    "certificate_text",
    "comparable",
    "example_images",
    "extend_card",
    "heat_chart",
    "panel",
    "read_source",
    "save_figure",
    "shift_text",
    "subgroup_document",
    "subgroup_text",
    "sweep_folders",
    "table_text",
    "write_attack",
    "write_card",
    "write_chart",
    "write_examples",
    "write_report",
    "write_reports",
    "write_subgroups",
    "write_whole",
]
