"""What the attack tab remembers between two starts."""

from __future__ import annotations

from cxr_gui.session import AttackSetting
from cxr_gui.ui.attack.settings.epsilon import LARGEST
from cxr_gui.ui.widgets.settings import Setting, Settings


class AttackTabSettings(Settings):
    """`stored_epsilon` may be any number; `epsilon` (pixel units) is one that the controls can show.

    views  how many of them stand side by side
    """

    views = Setting("attack/views", 3, (1, 2, 3))

    stored_epsilon = Setting("attack/epsilon", AttackSetting().epsilon)

    @property
    def epsilon(self) -> float:
        return min(max(self.stored_epsilon, 0.0), LARGEST)
