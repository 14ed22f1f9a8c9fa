"""The verdict: what the classifier says before, after, and under noise of the same size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QWidget

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.units import from_pixel
from cxr_gui.ui.attack.verdict.prediction import PredictionLine
from cxr_gui.ui.attack.verdict.trace_view import TraceView
from cxr_gui.ui.widgets.factories import column, label, named, row
from cxr_gui.ui.widgets.theme import set_role

if TYPE_CHECKING:
    from cxr_gui.core.inspect import FilmProof, Inspection

STATES = {  # state: symbol, word, role in the style sheet
    "flipped": ("\N{RIGHTWARDS ARROW OVER LEFTWARDS ARROW}", "Flipped", "bad"),
    "resisted": ("\N{CHECK MARK}", "Resisted", "good"),
    "already wrong": ("\N{MULTIPLICATION X}", "Already wrong", "warning"),
    "no gradient": ("\N{EMPTY SET}", "No gradient to follow", "warning"),
}
UNKNOWN = "?  Label unknown"


class Verdict(QFrame):
    """Words and numbers about one inspection."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "verdict")
        self.state, self.unknown, self.sentence, self.measures, self.proof = (
            label(words, f"verdict{name}", role, wrap=name != "Proof", selectable=True, parent=self)
            for words, name, role in (
                ("", "State", ""),
                (UNKNOWN, "Unknown", "muted"),
                ("", "Sentence", ""),
                ("", "Measures", "muted"),
                ("", "Proof", "muted"),
            )
        )
        self.unknown.setToolTip("Nobody said what the radiograph shows: the clean decision is attacked")
        self.trace = TraceView(self)
        layout = column(gap=2, on=self)
        lines = (
            ("Clean", "cleanPrediction", "What the classifier says of the clean image", "number"),
            ("Perturbed", "perturbedPrediction", "What the classifier says of the attacked image", "number"),
            ("Random noise", "noisePrediction", "The control: an attack is more than noise", "heading"),
        )
        self.clean, self.perturbed, self.noise = (PredictionLine(*line, layout, self) for line in lines)
        layout.addSpacing(6)
        layout.addLayout(row(self.state, 12, (self.unknown, 1), ..., self.proof, gap=-1))
        layout.addWidget(self.sentence)
        layout.addWidget(self.measures)
        layout.addSpacing(6)
        layout.addWidget(self.trace, 1)
        self.show_proof(None)
        self.clear()

    def clear(self, why: str = "Open a radiograph to see what the attack does to its prediction.") -> None:
        """Show nothing, and say why."""
        for line in (self.clean, self.perturbed, self.noise):
            line.show(None, ("", ""), 0.5)
        self.state.hide()
        self.unknown.hide()
        self.sentence.setText(why)
        self.sentence.setToolTip("")
        self.measures.setText("")
        self.trace.show_inspection(None)

    def show_proof(self, proof: FilmProof | None) -> None:
        """Say how far the decision is proven; nothing while that is not known."""
        self.proof.setText("" if proof is None else proof.brief)
        self.proof.setToolTip("" if proof is None else proof.sentence())
        self.proof.setVisible(proof is not None)
        self.trace.show_proof(proof)

    def show_inspection(self, inspection: Inspection) -> None:
        """Show what was found at one epsilon."""
        threshold = probability(inspection.threshold_logit)
        for line, positive in (
            (self.clean, inspection.clean_probability),
            (self.perturbed, inspection.probability),
            (self.noise, inspection.noise_probability),
        ):
            line.show(positive, inspection.classes, threshold)
        self.trace.show_inspection(inspection)
        symbol, word, role = STATES[inspection.state]
        self.state.setText(f"{symbol}  {word}")
        self.state.setAccessibleName(word)
        set_role(self.state, role)
        self.state.show()
        self.unknown.setVisible(not inspection.known)
        self.sentence.setText(inspection.sentence().replace("->", "\N{RIGHTWARDS ARROW}"))
        self.sentence.setToolTip(inspection.population)
        linf = f"{from_pixel(inspection.linf, 'model'):.4f} ({from_pixel(inspection.linf, '255'):.2f}/255)"
        psnr = "no change" if math.isinf(inspection.psnr) else f"{inspection.psnr:.1f} dB"
        self.measures.setText(
            f"L-infinity {linf}, L2 {inspection.l2:.2f}, PSNR {psnr}, SSIM {inspection.ssim:.3f}, "
            f"{100 * inspection.changed:.1f} % changed"
        )
