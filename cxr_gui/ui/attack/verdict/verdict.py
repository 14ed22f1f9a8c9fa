"""The verdict: what the classifier says before, after, and under noise of the same size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from cxr_gui.core.base.decisions import probability
from cxr_gui.ui.attack.verdict.prediction import PredictionLine, ProbabilityAxis
from cxr_gui.ui.attack.verdict.trace_view import TraceView
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import column, label, named, row
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.theme import GRID, set_role

if TYPE_CHECKING:
    from cxr_gui.core.inspect import FilmProof, Inspection

STATES = {  # state: symbol, word, role in the style sheet
    "flipped": ("\N{RIGHTWARDS ARROW OVER LEFTWARDS ARROW}", "Flipped", "bad"),
    "resisted": ("\N{CHECK MARK}", "Resisted", "good"),
    "already wrong": ("\N{MULTIPLICATION X}", "Already wrong", "warning"),
    "no gradient": ("\N{EMPTY SET}", "No gradient to follow", "warning"),
}
UNATTACKED = (STATES["flipped"][0], "Flipped without an attack", "bad")
UNKNOWN = "Label unknown"
UNKNOWN_MEANS = "The true label is unknown: the clean decision is attacked"
SENTENCE_FROM = 40 * GRID
"""The height from which there is room for the sentence, which says once more what the lines say."""


class Verdict(QFrame):
    """Words and numbers about one inspection."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "verdict", "Verdict")
        self.title, self.unknown, self.proof, self.measures = (
            named(ElidedLabel(words, self, where=Qt.TextElideMode.ElideRight), f"verdict{name}", role="muted")
            for name, words in (("Title", ""), ("Unknown", UNKNOWN), ("Proof", ""), ("Measures", ""))
        )
        self.state = label("", "verdictState", selectable=True, parent=self)
        self.sentence = label("", "verdictSentence", wrap=True, selectable=True, parent=self)
        self.unknown.setToolTip(UNKNOWN_MEANS)
        self.trace = TraceView(self)
        self.axis = ProbabilityAxis(self)
        layout = column(self.title, gap=1, on=self)
        lines = (
            ("Clean", "cleanPrediction", "What the classifier says of the clean image"),
            ("Perturbed", "perturbedPrediction", "What the classifier says of the attacked image"),
            (
                "Noise",
                "noisePrediction",
                "The control, random noise of this epsilon: an attack is more than noise",
            ),
        )
        self.clean, self.perturbed, self.noise = (PredictionLine(*line, layout, self) for line in lines)
        layout.addWidget(self.axis)
        layout.addLayout(row(self.state, (self.unknown, 1)))
        for words in (self.sentence, self.proof, self.measures):
            layout.addWidget(words)
        layout.addSpacing(4)
        layout.addWidget(self.trace, 1)
        self._inspection: Inspection | None = None
        self._proof: FilmProof | None = None
        self.show_proof(None)
        self.clear()
        epsilons().changed.connect(self._show_again)

    def clear(self, why: str = "Open a radiograph to see what the attack does to its prediction.") -> None:
        """Show nothing, and say why."""
        for line in (self.clean, self.perturbed, self.noise):
            line.show(None, ("", ""), 0.5)
        self.axis.show_threshold(None)
        self.state.hide()
        self.unknown.hide()
        self.sentence.setText(why)
        self.sentence.setToolTip("")
        self.title.setText("")
        self.measures.setText("")
        self.trace.show_inspection(None)
        self._inspection = None
        self._fold()

    def show_proof(self, proof: FilmProof | None) -> None:
        """Say how far the decision is proven, as soon as that is known."""
        self._proof = proof
        self.proof.setText("" if proof is None else proof.brief(epsilons().unit))
        self.proof.setToolTip("" if proof is None else proof.sentence(epsilons().unit))
        self.trace.show_proof(proof)

    def show_inspection(self, inspection: Inspection) -> None:
        """Show what was found at one epsilon."""
        threshold = probability(inspection.threshold_logit)
        self.title.setText(f"P({inspection.classes[1]})")
        for line, positive in (
            (self.clean, inspection.clean_probability),
            (self.perturbed, inspection.probability),
            (self.noise, inspection.noise_probability),
        ):
            line.show(positive, inspection.classes, threshold)
        self.axis.show_threshold(threshold)
        self.trace.show_inspection(inspection)
        symbol, word, role = UNATTACKED if inspection.flipped_unattacked else STATES[inspection.state]
        self.state.setText(f"{symbol}  {word}")
        self.state.setAccessibleName(word)
        set_role(self.state, role)
        self.state.show()
        self.unknown.setVisible(not inspection.known)
        self.sentence.setText(inspection.sentence(epsilons().unit).replace("->", "\N{RIGHTWARDS ARROW}"))
        self.sentence.setToolTip(inspection.population)
        said = self.sentence.text()
        self.state.setToolTip(literal("\n".join(filter(None, (said, inspection.population)))))
        self.setAccessibleDescription(said)
        psnr = "no change" if math.isinf(inspection.psnr) else f"{inspection.psnr:.1f} dB"
        self.measures.setText(
            f"L-infinity {epsilons().both(inspection.linf)}, L2 {inspection.l2:.2f}, PSNR {psnr}, "
            f"SSIM {inspection.ssim:.3f}, {100 * inspection.changed:.1f} % changed"
        )
        self._inspection = inspection
        self._fold()

    def _show_again(self) -> None:
        """In another unit."""
        self.show_proof(self._proof)
        if self._inspection is not None:
            self.show_inspection(self._inspection)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """The sentence gives way to the trace in a low card, unless it says why there is no verdict."""
        self.sentence.setVisible(self._inspection is None or self.height() >= SENTENCE_FROM)
